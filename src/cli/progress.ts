import { findCommand } from "../control/commands.ts";
import { LastingSession } from "../control/lasting_session.ts";
import { TIMED_OUT } from "../control/protocol.ts";

/** Milliseconds between two looks; the first comes after the same time, so that what is quick shows nothing. */
const PAUSE = 1000;

/** Columns of a terminal that does not say how many it has. */
const STANDARD_WIDTH = 80;

/** Where a command is run. */
export interface Place {
  /** The instance's entry. */
  readonly path: string;
  /** Name of the service; undefined for the first. */
  readonly service: string | undefined;
  readonly group: number;
}

/**
 * A line on a terminal that says what a command still waits for. It asks in a session of its own, since the command's is
 * busy.
 */
export class Progress implements Disposable {
  readonly #place: Place;
  readonly #question: string;
  readonly #begun = performance.now();
  #session: LastingSession | undefined;
  #timer: ReturnType<typeof setTimeout>;
  #shown = false;
  #disposed = false;

  private constructor(place: Place, question: string) {
    this.#place = place;
    this.#question = question;
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  /** The progress of a command; undefined when it does not wait, or nobody would see it. */
  static of(command: string, place: Place): Progress | undefined {
    if (!Deno.stderr.isTerminal()) return undefined;
    const question = questionOf(command);
    return question === undefined ? undefined : new Progress(place, question);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#session?.[Symbol.dispose]();
    if (this.#shown) write("\r\x1b[K");
  }

  async #look(): Promise<void> {
    try {
      this.#session ??= await this.#open();
      const { text: [line = ""] } = await this.#session.run(this.#question);
      if (!this.#disposed && line.startsWith(TIMED_OUT)) this.#show(line.slice(TIMED_OUT.length + ": ".length));
    } catch {
      // The command itself will say what is wrong.
    }
    if (this.#disposed) this.#session?.[Symbol.dispose]();
    else this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #open(): Promise<LastingSession> {
    const { path, service, group } = this.#place, session = await LastingSession.open(path, service);
    await session.run(`group ${group}`);
    return session;
  }

  #show(state: string): void {
    const line = `${state}, ${Math.round((performance.now() - this.#begun) / 1000)} s`;
    write(`\r${line.slice(0, width() - 1)}\x1b[K`);
    this.#shown = true;
  }
}

/** What tells at once how a command is getting on; undefined if that does not wait. */
export function questionOf(command: string): string | undefined {
  const [word = "", ...words] = command.trim().split(/\s+/), name = findCommand(word)?.name;
  if (name === "drain" && words.length === 2) return `wait ${words[0]} idle 0`;
  if (name !== "wait") return undefined;
  return words[0] === "idle" ? "wait idle 0" : `wait ${words[0]} ${words[1]} 0`;
}

function width(): number {
  try {
    return Deno.consoleSize().columns || STANDARD_WIDTH;
  } catch {
    return STANDARD_WIDTH;
  }
}

function write(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // The terminal is gone.
  }
}
