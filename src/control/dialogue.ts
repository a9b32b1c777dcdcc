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
  const received = new Lines(connection);
  const session: Session = {
    group: 0,
    get over() {
      return received.ended;
    },
  };
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
    for (let line = await received.next(); line !== undefined; line = await received.next()) {
      clearTimeout(deadline);
      running = true;
      const reply = await execute(line, session, plane);
      const outcome = reply.end ? "bye" : reply.ok ? "ok" : "error";
      // Before the reply is written: a client that does not read it also counts as silent.
      deadline = setTimeout(() => connection.close(), silence);
      const { lines, more } = reply;
      const head = formatHead({ outcome, lines: lines.length + (more?.count ?? 0), group: session.group });
      await connection.write([head, ...lines].join("\n") + "\n");
      for await (const chunk of more?.chunks ?? []) await connection.write(chunk);
      running = false;
      if (reply.end || retired.aborted) break;
    }
    await part(connection, "", await received.stop());
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    await part(connection, `error 1 ${session.group}\nline too long, at most ${LONGEST_LINE} bytes\n`);
  } finally {
    clearTimeout(deadline);
    retired.removeEventListener("abort", retire);
  }
}

/** The lines of one session, and whether more will come. */
class Lines {
  readonly #lines: AsyncGenerator<string>;
  readonly #ended = new AbortController();
  #ahead: Promise<IteratorResult<string>> | undefined;

  constructor(connection: Connection) {
    this.#lines = lines(connection.chunks(), LONGEST_LINE);
  }

  /** The next line; undefined at the end. @throws {LineTooLong} */
  async next(): Promise<string | undefined> {
    const read = this.#ahead ?? this.#lines.next();
    this.#ahead = undefined;
    const { value, done } = await read;
    return done ? undefined : value;
  }

  /** Fires when nothing more comes. Whoever asks for it has the next line read ahead. */
  get ended(): AbortSignal {
    this.#ahead ??= this.#lines.next();
    this.#ahead.then(({ done }) => done && this.#ended.abort(), () => this.#ended.abort());
    return this.#ended.signal;
  }

  /** Stops reading. @returns what still arrives, if some of it is being read already */
  async stop(): Promise<AsyncIterable<unknown> | undefined> {
    if (this.#ahead !== undefined) return this.#rest();
    await this.#lines.return(undefined);
    return undefined;
  }

  async *#rest(): AsyncGenerator<unknown> {
    try {
      while (await this.next() !== undefined) yield;
    } catch {
      // Nobody wants to know any more.
    }
  }
}

/** Ends a session: sends a last line, then reads what still arrives, so that no reset destroys that line. */
export async function part(connection: Connection, word = "", rest?: AsyncIterable<unknown>): Promise<void> {
  const timer = setTimeout(() => connection.close(), PARTING);
  try {
    await connection.write(word);
    await connection.finish();
    for await (const _ of rest ?? connection.chunks());
  } finally {
    clearTimeout(timer);
  }
}
