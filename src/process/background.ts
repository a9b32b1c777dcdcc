import { escape, quote } from "../log/escape.ts";
import { ExitCode, ExitError } from "./exit_codes.ts";
import { argumentsOfItself, howItEnded, missingPermission } from "./own_program.ts";
import { withholdDescriptors } from "./withhold_descriptors.ts";

/** Set for the background process, so that it knows to report to its parent. */
const MARK = "BALANCE_BACKGROUND";

/** A background process that serves. */
export interface Ready {
  /** Its process id. */
  readonly ready: number;
  /** Notes for the user, one per line. */
  readonly notes: readonly string[];
  /** Where it logs, for people; missing if it cannot. */
  readonly log?: string | undefined;
}

/** What the background process prints on its standard output once it is ready, or when it fails to start. */
type Report = Ready | {
  readonly error: string;
  readonly details: readonly string[];
  code: number;
};

/** Whether this process was started by `startInBackground`. Forgets it, so that no child inherits the mark. */
export function isBackgroundProcess(): boolean {
  // The parent gives its child all permissions; a program without this one has no such parent.
  if (Deno.permissions.querySync({ name: "env", variable: MARK }).state !== "granted") return false;
  const marked = Deno.env.get(MARK) === String(Deno.ppid);
  Deno.env.delete(MARK);
  return marked;
}

/**
 * Starts this program again with the same arguments, in its own session and without the terminal, and waits until it is
 * ready to serve.
 *
 * @returns its process id, its notes and where it logs
 * @throws {ExitError} with the message and code of the background process when it fails to start
 */
export async function startInBackground(program: string, args: readonly string[]): Promise<Ready> {
  requireAllPermissions();
  withholdDescriptors();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: argumentsOfItself(args),
      env: { [MARK]: String(Deno.pid) },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, `cannot go to the background: ${escape((error as Error).message)}`);
  }
  const report = await firstLine(child.stdout);
  if (report === undefined) {
    const how = howItEnded(await child.status);
    throw new ExitError(ExitCode.SYSTEM, `the background process ended ${how} before it was ready`);
  }
  const result = parseReport(report);
  if ("error" in result) throw new ExitError(result.code, result.error, result.details);
  child.unref();
  return result;
}

/** The background process must not have more permissions than this one. @throws {ExitError} 71 if it would */
function requireAllPermissions(): void {
  const missing = missingPermission();
  if (missing === undefined) return;
  throw new ExitError(
    ExitCode.SYSTEM,
    `cannot go to the background: that needs all permissions (deno run -A), and --allow-${missing} is missing; use -f`,
  );
}

/** Tells the parent that this process is ready. */
export function reportReady(about: Omit<Ready, "ready">): void {
  report({ ready: Deno.pid, ...about });
}

/** Tells the parent why this process cannot serve. */
export function reportFailure({ code, message, details }: ExitError): void {
  report({ error: message, details, code });
}

function report(report: Report): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report) + "\n"));
  } catch {
    // The parent has ended meanwhile; the instance still runs.
  }
}

/** @throws {ExitError} when the line is something else */
function parseReport(line: string): Report {
  try {
    const report = JSON.parse(line) as Report;
    if ("ready" in report || "error" in report) return report;
  } catch {
    // Said below.
  }
  throw new ExitError(ExitCode.SOFTWARE, `the background process does not report that it is ready: ${quote(line)}`);
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    text += chunk;
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return undefined;
}
