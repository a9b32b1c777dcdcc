import { ControlClient, isAbsent } from "../control/client.ts";
import { defaultDirectory, DirectoryError, type Entry, listEntries } from "../control/directory.ts";
import { pipeDialogue, terminalDialogue } from "../control/repl.ts";
import type { GroupSnapshot } from "../groups/snapshot.ts";
import { quote } from "../log/escape.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { ControlRequest } from "../process/options.ts";
import { formatAddress } from "../table/address.ts";
import { listeningAddress } from "./listening_address.ts";
import { complain, print, say } from "./terminal.ts";

/** Runs `-c` or `-i` against the instance that the request means. @returns the exit code */
export async function control(request: ControlRequest): Promise<number> {
  const entry = await findInstance(request);
  if (request.debug) complain(`balance: control socket ${quote(entry.path)}`);
  try {
    if (request.commands.length === 0) await dialogue(entry.path);
    else await runAll(entry.path, request.commands);
  } catch (error) {
    if (error instanceof DirectoryError || error instanceof ExitError) throw error;
    if (isAbsent(error)) throw nobodyThere();
    throw new ExitError(ExitCode.UNAVAILABLE, uncapitalised(error));
  }
  return ExitCode.OK;
}

/** Shows all running instances. @returns the exit code */
export async function list(controlDir: string | undefined): Promise<number> {
  const instances = await Promise.all(listEntries(controlDir ?? defaultDirectory()).map(look));
  const running = instances.filter((instance) => instance !== undefined && "state" in instance);
  const unwilling = instances.filter((instance) => instance !== undefined && "problem" in instance);
  for (const { entry, problem } of unwilling) complain(`balance: ${name(entry)}: ${problem}`);
  if (running.length + unwilling.length === 0) complain("balance: no instance is running");
  if (running.length === 0) return ExitCode.OK;
  const rows = [["ADDRESS", "PID", "VERSION", "UPTIME", "CONNECTIONS", "CHANNELS"], ...running.map(describe)];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) say(row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
  return ExitCode.OK;
}

async function dialogue(path: string): Promise<void> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return await pipeDialogue(path, print);
  await terminalDialogue(path, print, historyPath());
}

async function runAll(path: string, commands: readonly string[]): Promise<void> {
  using client = await ControlClient.open(path);
  for (const command of commands) {
    const { text, outcome } = await client.run(command);
    for (const line of text) say(line);
    if (outcome === "bye") return;
  }
}

/** The one running instance that fits. @throws {ExitError} 69 when there is none, or several */
async function findInstance({ port, bind, ipv6, controlDir }: ControlRequest): Promise<Entry> {
  const address = bind === undefined ? undefined : await listeningAddress(bind, ipv6);
  const fitting = listEntries(controlDir ?? defaultDirectory()).filter((entry) =>
    (port === undefined || entry.port === port) && (address === undefined || entry.address === address)
  );
  const found = await Promise.all(fitting.map(look));
  const running = found.filter((instance) => instance !== undefined && "state" in instance).map(({ entry }) => entry);
  if (running.length === 1) return running[0];
  const unwilling = found.find((instance) => instance !== undefined && "problem" in instance);
  // It says itself why it does not serve.
  if (running.length === 0 && unwilling !== undefined) return unwilling.entry;
  if (running.length === 0) throw nobodyThere();
  throw new ExitError(ExitCode.UNAVAILABLE, "several instances are running, name one by its port and -b address:", [
    ...running.map(({ address, port }) => `  -b ${address} ${port}`),
  ]);
}

function nobodyThere(): ExitError {
  return new ExitError(ExitCode.UNAVAILABLE, "no master process, exiting.");
}

interface Running {
  readonly entry: Entry;
  readonly version: string;
  readonly state: { pid: number; uptime: number; connections: number; groups: GroupSnapshot[] };
}

/** An instance that is there and does not say how it is. */
interface Unwilling {
  readonly entry: Entry;
  readonly problem: string;
}

/** Asks an instance how it is; undefined when it is not there any more. */
async function look(entry: Entry): Promise<Running | Unwilling | undefined> {
  try {
    using client = await ControlClient.open(entry.path);
    const { text } = await client.run("show json");
    return { entry, version: client.greeting.version, state: JSON.parse(text[0]) };
  } catch (error) {
    return isAbsent(error) ? undefined : { entry, problem: uncapitalised(error) };
  }
}

function name({ address, port }: Entry): string {
  return formatAddress({ host: address, port });
}

function describe({ entry, version, state }: Running): string[] {
  const channels = state.groups.flatMap(({ channels }) => channels);
  const enabled = channels.filter((channel) => channel.enabled), failing = enabled.filter(({ failing }) => failing);
  return [
    name(entry),
    String(state.pid),
    version,
    duration(state.uptime),
    String(state.connections),
    `${enabled.length} of ${channels.length} enabled` + (failing.length > 0 ? `, ${failing.length} failing` : ""),
  ];
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

function historyPath(): string | undefined {
  if (Deno.build.os === "windows") {
    const local = Deno.env.get("LOCALAPPDATA");
    return local === undefined ? undefined : `${local}\\balance\\history`;
  }
  const state = Deno.env.get("XDG_STATE_HOME"), home = Deno.env.get("HOME");
  if (state?.startsWith("/")) return `${state}/balance/history`;
  return home === undefined ? undefined : `${home}/.local/state/balance/history`;
}
