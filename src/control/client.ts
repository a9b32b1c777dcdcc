import { connect, type Socket } from "node:net";
import { escape } from "../log/escape.ts";
import { type Reasons, systemReason } from "../log/system_reason.ts";
import { cannotUseSocket, entryTarget } from "./directory.ts";
import { lines } from "./lines.ts";
import { type Greeting, LONGEST_LINE, parseGreeting, parseHead, type ReplyHead } from "./protocol.ts";

/** Longest reply, and longest line of one, in bytes: `show json` puts a whole table in one line. */
const LONGEST_REPLY = 16 * 1024 * 1024;

/** Milliseconds an instance may take to greet. */
const GREETING_TIMEOUT = 5_000;

/** Error codes that mean the other side has closed. */
const CLOSED = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"]);

/** The instance closed the session before a reply was complete. */
export class SessionClosed extends Error {}

/** The session was closed before the greeting. */
class ClosedAtOnce extends Error {}

/** Whether an error of `ControlClient.open` means that no instance is there. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: string };
  return error instanceof Deno.errors.NotFound || code === "ENOENT" || code === "ECONNREFUSED";
}

/** A reply as it came from the instance. */
export interface ControlReply extends ReplyHead {
  readonly text: readonly string[];
}

/** A session with a running instance. */
export class ControlClient implements Disposable {
  readonly greeting: Greeting;
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<string>;
  #group = 0;

  private constructor(socket: Socket, reader: AsyncGenerator<string>, greeting: Greeting) {
    this.#socket = socket;
    this.#lines = reader;
    this.greeting = greeting;
  }

  /**
   * Opens a session through an entry of the control directory. If it is closed at once, tries again: a process that has
   * been replaced may have had it in its queue.
   *
   * @param owner user who must own the entry, since another user's instance cannot be trusted
   * @throws {DirectoryError} when the entry cannot be trusted, or may not be opened
   * @throws {Error} when no instance is there, see `isAbsent`, or it does not serve
   */
  static async open(path: string, owner?: number): Promise<ControlClient> {
    try {
      return await ControlClient.#open(path, owner);
    } catch (error) {
      if (!(error instanceof ClosedAtOnce)) throw error;
      return await ControlClient.#open(path, owner);
    }
  }

  static async #open(path: string, owner?: number): Promise<ControlClient> {
    const socket = await connected(path, owner);
    const reader = replies(socket);
    const timer = setTimeout(() => socket.destroy(new Error("the instance does not answer")), GREETING_TIMEOUT);
    try {
      const { value, done } = await reader.next();
      if (done) throw new ClosedAtOnce("Cannot control instance: it closed the session");
      if (value.startsWith("error ")) throw new Error(`Cannot control instance: ${await refusal(reader)}`);
      return new ControlClient(socket, reader, parseGreeting(value));
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the instance has ended the session. */
  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Calls back once, when the session is over, whoever ended it. */
  onceOver(told: () => void): void {
    if (this.closed) return told();
    const socket = this.#socket;
    const over = () => {
      socket.off("end", over).off("close", over);
      told();
    };
    socket.on("end", over).on("close", over);
  }

  /**
   * Runs one command.
   *
   * @param each called with each line as it comes, in place of keeping it: only the first stays in the reply, which may be
   * as long as it likes
   * @throws {Error} when the session breaks before the reply is complete
   */
  async run(command: string, each?: (line: string) => void): Promise<ControlReply> {
    const line = new TextEncoder().encode(command.replaceAll(/[\r\n]/g, " ") + "\n");
    // Refused here, because the instance would end the session over it.
    if (line.length - 1 > LONGEST_LINE) {
      const text = [`line too long, at most ${LONGEST_LINE} bytes`];
      each?.(text[0]);
      return { outcome: "error", lines: text.length, group: this.#group, text };
    }
    this.#socket.write(line);
    const head = parseHead(await this.#line());
    const text: string[] = [];
    let bytes = 0;
    for (let i = 0; i < head.lines; i++) {
      const line = await this.#line();
      if (each !== undefined) {
        const safe = escape(line);
        if (i === 0) text.push(safe);
        each(safe);
        continue;
      }
      // The instance may be another user's, and `--list` asks those, too.
      bytes += line.length + 1;
      if (bytes > LONGEST_REPLY) throw new Error("the reply of the instance is too long");
      text.push(escape(line));
    }
    this.#group = head.group;
    return { ...head, text };
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new SessionClosed("the instance closed the session");
    return value;
  }
}

const REASONS: Reasons = { EPERM: "permission denied", EAGAIN: "too many sessions are waiting for it" };

async function connected(path: string, owner: number | undefined): Promise<Socket> {
  const socket = connect(entryTarget(path, owner));
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  } catch (error) {
    if (isAbsent(error)) throw error;
    const { code } = error as { code?: string }, why = systemReason(error, REASONS);
    if (code === "EACCES" || code === "EPERM") throw cannotUseSocket(path, why);
    throw new Error(`Cannot control instance: ${why}`);
  }
  socket.on("error", () => {});
  return socket;
}

/** Lines from an instance, until it closes the session. */
async function* replies(socket: Socket): AsyncGenerator<string, undefined> {
  try {
    yield* lines(socket.iterator({ destroyOnReturn: false }), LONGEST_REPLY);
  } catch (error) {
    // A write may notice before the read does that the other side is gone.
    if (!CLOSED.has((error as { code?: string }).code ?? "")) throw error;
  }
}

/** Why an instance turns a session away. */
async function refusal(reader: AsyncGenerator<string>): Promise<string> {
  const { value, done } = await reader.next();
  return done ? "it closed the session" : escape(value);
}
