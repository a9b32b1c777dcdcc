import { escape } from "../log/escape.ts";
import { reasonOf } from "../log/line_writer.ts";
import { ExitCode, ExitError } from "./exit_codes.ts";

/** Prints a line that the user asked for. @throws {ExitError} 71 when it cannot be written */
export function say(line: string): void {
  print(line + "\n");
}

/** Writes to standard output, at once and whole. @throws {ExitError} 71 when it cannot be written */
export function print(text: string): void {
  try {
    writeAll(Deno.stdout, text);
  } catch (error) {
    const reason = escape(reasonOf(error));
    throw new ExitError(ExitCode.SYSTEM, `cannot write to standard output: ${reason}`);
  }
}

/**
 * Says what is wrong, or what the user ought to know. Tabs stay, so that a mark below a line is in its place. Never
 * throws: there is nowhere else to say it.
 */
export function complain(line: string): void {
  try {
    writeAll(Deno.stderr, line.split("\t").map(escape).join("\t") + "\n");
  } catch {
    // Closed, or on a full disk.
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += stream.writeSync(bytes.subarray(offset));
}
