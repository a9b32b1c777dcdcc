import { columns } from "../control/columns.ts";
import { ownUser } from "../control/directory.ts";
import type { Entry } from "../control/entries.ts";
import { toJson } from "../control/json.ts";
import { type Place, placesToLook } from "../control/places.ts";
import { portsText } from "../control/ports_text.ts";
import type { ServiceSummary } from "../state/service_state.ts";
import { escape } from "../log/escape.ts";
import { ExitCode } from "../process/exit_codes.ts";
import { complain, say } from "../process/terminal.ts";
import { asUser, type Found, lookForInstances, namesOf, type Running, titleOf } from "./look_for_instances.ts";

/** Shows all running instances and their services. @returns the exit code */
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
  for (const { entry, problem } of unwilling) complain(`balance: ${entry ? `${titleOf({ entry })}: ` : ""}${problem}`);
  if (running.length + unwilling.length === 0) complain(`balance: no instance is running in ${namesOf(places)}`);
  if (running.length === 0) return;
  const users = running.some(({ entry }) => entry.owner !== ownUser());
  const headings = ["ADDRESS", ...users ? ["USER"] : [], "PID", "VERSION", "UPTIME", "CONNECTIONS", "CHANNELS"];
  const rows = running.flatMap((instance) => rowsOf(instance, users));
  for (const line of columns(headings, rows, new Set(headings), "  ")) say(line);
}

/** A row for the process and, unless that says it all, one for each service. */
function rowsOf(running: Running, users: boolean): string[][] {
  const { entry, version, summary } = running;
  const { pid, uptime, connections, services } = summary, user = users ? [String(entry.owner)] : [];
  const whole = [titleOf(running), ...user, String(pid), version, duration(uptime)];
  const rows = [[...whole, String(connections), channelsText(totals(services))]];
  if (isSimple(entry, services)) return rows;
  const empty = whole.slice(1).map(() => "");
  for (const service of services) {
    const head = `  ${escape(service.name)} on ${portsText(service.ports)}`;
    rows.push([head, ...empty, String(service.connections), channelsText(service)]);
  }
  return rows;
}

/** Whether the name of the entry says all there is to say. */
function isSimple({ name }: Entry, [service, ...others]: readonly ServiceSummary[]): boolean {
  if (service === undefined || others.length > 0 || !("port" in name) || service.addresses.length > 1) return false;
  const [{ first, last }, ...more] = service.ports;
  return more.length === 0 && first === last && service.name === String(name.port);
}

type Channels = Pick<ServiceSummary, "channels" | "enabled" | "failing">;

function totals(services: readonly ServiceSummary[]): Channels {
  const sum = (key: keyof Channels) => services.reduce((sum, service) => sum + service[key], 0);
  return { channels: sum("channels"), enabled: sum("enabled"), failing: sum("failing") };
}

function channelsText({ channels, enabled, failing }: Channels): string {
  return `${enabled} of ${channels} enabled` + (failing > 0 ? `, ${failing} failing` : "");
}

/** What `--list --json` says: docs/json.md names every field. */
function asJson(places: readonly Place[], { running, unwilling }: Found): unknown {
  return {
    directories: places.map(({ path }) => path),
    instances: running.map(({ place, entry, version, summary }) => {
      const { pid, uptime, connections, config, services } = summary;
      return {
        ...where(place, entry),
        ...{ pid, version, uptime, connections, ...totals(services), config },
        services: services.map(({ groups: _, ...service }) => service),
      };
    }),
    problems: unwilling.map(({ place, entry, problem }) => ({ ...where(place, entry), problem })),
  };
}

function where({ path: directory, owner: user }: Place, entry: Entry | undefined) {
  const { address = null, port = null } = entry !== undefined && "port" in entry.name ? entry.name : {};
  return { address, port, directory, user };
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
