import { toJson } from "../control/json.ts";
import { ownUser } from "../control/directory.ts";
import { type Place, placesToLook } from "../control/places.ts";
import { ExitCode } from "../process/exit_codes.ts";
import { asUser, type Found, lookForInstances, nameOf, namesOf, type Running } from "./look_for_instances.ts";
import { complain, say } from "./terminal.ts";

/** Shows all running instances. @returns the exit code */
export async function list(
  request: { readonly controlDir: string | undefined; readonly json: boolean },
): Promise<number> {
  const { own, foreign } = placesToLook(request.controlDir), mayLook = ownUser() === 0;
  const places = [...own, ...mayLook ? foreign : []], found = await lookForInstances(places);
  const broken = found.unwilling.find(({ place, entry }) => place === own[0] && entry === undefined);
  if (broken !== undefined && found.running.length === 0) throw broken.error;
  if (request.json) say(toJson(asJson(places, found)));
  else showTable(places, found);
  if (!request.json && !mayLook) {
    for (const { path, owner } of foreign) {
      complain(`balance: ${path} belongs to user ${owner}; to see what runs there: ${asUser(owner)} balance --list`);
    }
  }
  return ExitCode.OK;
}

function showTable(places: readonly Place[], { running, unwilling }: Found): void {
  for (const { entry, problem } of unwilling) complain(`balance: ${entry ? `${nameOf(entry)}: ` : ""}${problem}`);
  if (running.length + unwilling.length === 0) complain(`balance: no instance is running in ${namesOf(places)}`);
  if (running.length === 0) return;
  const users = running.some(({ entry }) => entry.owner !== ownUser());
  const headings = ["ADDRESS", ...users ? ["USER"] : [], "PID", "VERSION", "UPTIME", "CONNECTIONS", "CHANNELS"];
  const rows = [headings, ...running.map((instance) => row(instance, users))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) say(row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}

function row({ entry, state }: Running, users: boolean): string[] {
  return [
    nameOf(entry),
    ...users ? [String(entry.owner)] : [],
    String(state.pid),
    state.version,
    duration(state.uptime),
    String(state.connections),
    `${state.enabled} of ${state.channels} enabled` + (state.failing > 0 ? `, ${state.failing} failing` : ""),
  ];
}

/** What `--list --json` says: the README names every field. */
function asJson(places: readonly Place[], { running, unwilling }: Found): unknown {
  return {
    directories: places.map(({ path }) => path),
    instances: running.map(({ place, entry, state }) => {
      const { pid, version, uptime, connections, channels, enabled, failing } = state;
      return { ...where(place, entry), pid, version, uptime, connections, channels, enabled, failing };
    }),
    problems: unwilling.map(({ place, entry, problem }) => ({ ...where(place, entry), problem })),
  };
}

function where({ path: directory, owner: user }: Place, entry: { address: string; port: number } | undefined) {
  return { address: entry?.address ?? null, port: entry?.port ?? null, directory, user };
}

/** Seconds as `3d 4h`, `4h 5m`, `5m 6s` or `6s`. */
function duration(seconds: number): string {
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]] as const;
  const first = parts.findIndex(([unit]) => seconds >= unit);
  if (first < 0) return "0s";
  return parts.slice(first, first + 2).map(([unit, letter], i) => {
    const whole = Math.floor((i === 0 ? seconds : seconds % parts[first][0]) / unit);
    return `${whole}${letter}`;
  }).join(" ");
}
