import type { Session } from "./command.ts";
import { execute } from "./commands.ts";
import type { ControlPlane } from "./control_plane.ts";
import { lines, LineTooLong } from "./lines.ts";
import type { Connection } from "./listener.ts";
import { formatGreeting, formatHead, LONGEST_LINE } from "./protocol.ts";

/** Milliseconds that a session has to close once it is over. */
const PARTING = 1_000;

/**
 * Serves one session, command after command, to its end. The caller closes the connection.
 *
 * @param bounds.silence milliseconds without a command, or with a reply that is not read, after which the session is closed
 * @param bounds.retired ends the session after the reply to the command that is running or on its way
 * @throws {Error} when the connection breaks or is closed
 */
export async function converse(
  connection: Connection,
  plane: ControlPlane,
  { silence, retired }: { readonly silence: number; readonly retired: AbortSignal },
): Promise<void> {
  const session: Session = { group: 0 };
  let running = false;
  // A deadline of the monotonic clock, renewed by every command.
  let deadline = setTimeout(() => connection.close(), silence);
  const retire = () => {
    if (running) return;
    clearTimeout(deadline);
    // A command may be on its way.
    deadline = setTimeout(() => connection.close(), PARTING);
  };
  if (retired.aborted) retire();
  else retired.addEventListener("abort", retire);
  try {
    await connection.write(formatGreeting({ pid: Deno.pid, version: plane.version }) + "\n");
    for await (const line of lines(connection.chunks(), LONGEST_LINE)) {
      clearTimeout(deadline);
      running = true;
      const reply = await execute(line, session, plane);
      const outcome = reply.end ? "bye" : reply.ok ? "ok" : "error";
      // Before the reply is written: a client that does not read it also counts as silent.
      deadline = setTimeout(() => connection.close(), silence);
      const head = formatHead({ outcome, lines: reply.lines.length, group: session.group });
      await connection.write([head, ...reply.lines].join("\n") + "\n");
      running = false;
      if (reply.end || retired.aborted) break;
    }
    await part(connection);
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    await part(connection, `error 1 ${session.group}\nline too long, at most ${LONGEST_LINE} bytes\n`);
  } finally {
    clearTimeout(deadline);
    retired.removeEventListener("abort", retire);
  }
}

/** Ends a session: sends a last line, then reads what still arrives, so that no reset destroys that line. */
export async function part(connection: Connection, word = ""): Promise<void> {
  const timer = setTimeout(() => connection.close(), PARTING);
  try {
    await connection.write(word);
    await connection.finish();
    for await (const _ of connection.chunks());
  } finally {
    clearTimeout(timer);
  }
}
