/**
 * The program under test, from outside. `BALANCE_PROGRAM` says what to start: a path, or a JSON array of words; default
 * is `cli.ts` with the Deno that runs the tests. With `BALANCE_PLATFORM=windows` it is a Windows program (under Wine),
 * whatever the tests themselves run on.
 */
import { fileURLToPath } from "node:url";
import { CollectedText } from "./collected_text.ts";
import { within } from "./eventually.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Whether the program under test is a Windows program. */
export const windows = (Deno.env.get("BALANCE_PLATFORM") ?? Deno.build.os) === "windows";

/** The words that start the program, before its own arguments. */
export const program: readonly [string, ...string[]] = programWords(Deno.env.get("BALANCE_PROGRAM"));

/** Version of the program, from the file that every part of the project takes it from. */
export const version: string = JSON.parse(Deno.readTextFileSync(`${root}deno.json`)).version;

/** The result of a program that has ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start the program. */
export interface RunOptions {
  /** Text for standard input. Default: none, closed at once. */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Seconds it may take. Default 60. */
  readonly seconds?: number;
  /** Words before the program, such as `unshare`. */
  readonly before?: readonly string[];
}

/** Runs the program to its end. @throws {Error} when it does not end in time */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(args, options, "piped");
  const stdout = new CollectedText(child.stdout), stderr = new CollectedText(child.stderr);
  const feed = feedInput(child.stdin, options.stdin ?? "");
  try {
    const all = Promise.all([child.status, stdout.ended, stderr.ended, feed]);
    const [{ code }] = await within(options.seconds ?? 60, `run balance ${args.join(" ").slice(0, 200)}`, all);
    return { code, stdout: stdout.text, stderr: stderr.text };
  } catch (error) {
    killQuietly(child);
    await Promise.all([child.status, stdout.ended, stderr.ended, feed]);
    throw error;
  }
}

/** Starts the program. The caller reads its output and ends it. */
export function spawn(args: readonly string[], options: RunOptions, stdin: "piped" | "null"): Deno.ChildProcess {
  const words = [...options.before ?? [], ...program, ...args];
  return new Deno.Command(words[0], {
    args: words.slice(1),
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...options.env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Ends a process that may have ended already. */
export function killQuietly(child: Deno.ChildProcess, signal: Deno.Signal = "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch {
    // It had already ended.
  }
}

/** A path of this system as the program under test knows it. */
export function programPath(path: string): string {
  return windows && Deno.build.os !== "windows" ? `Z:${path.replaceAll("/", "\\")}` : path;
}

function programWords(setting: string | undefined): [string, ...string[]] {
  if (setting === undefined) return [Deno.execPath(), "run", "-A", `${root}cli.ts`];
  return setting.startsWith("[") ? JSON.parse(setting) : [setting];
}

async function feedInput(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It did not read everything.
  }
}
