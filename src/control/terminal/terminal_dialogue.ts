import { stdout } from "node:process";
import { escape } from "../../log/escape.ts";
import { findCommand } from "../commands.ts";
import { complete, type Offers } from "./completion.ts";
import { type Entry, type EntryName, entryTitle } from "../entries.ts";
import { fitHelp, fitTable } from "./fit.ts";
import { hint } from "./hint.ts";
import { readHistory, writeHistory } from "./history.ts";
import { LastingSession } from "../lasting_session.ts";
import { SYNTAX_ERROR } from "../protocol.ts";
import { askSummary } from "../read_summary.ts";
import { banner, type Print } from "../repl.ts";
import { MAX_CHANNELS } from "../../table/limits.ts";
import { TypedLines } from "./typed_lines.ts";

/**
 * A dialogue on a terminal, with history, completion and colour. It says at once when the instance ends.
 *
 * @param entry its entry
 * @param service name of the service to begin in; undefined for the first
 * @throws what `LastingSession.open` throws
 * @throws {Error} when the instance ends meanwhile
 */
export async function terminalDialogue(
  entry: Entry,
  service: string | undefined,
  print: Print,
  historyPath: string | undefined,
): Promise<void> {
  using session = await LastingSession.open(entry.path, service);
  await new TerminalDialogue(session, entry.name, print).run(historyPath);
}

class TerminalDialogue {
  readonly #session: LastingSession;
  readonly #entry: EntryName;
  readonly #print: Print;
  /** What Tab offers. */
  #offers: Offers = { channels: [], groups: [], services: [] };
  /** The service the session is in; undefined while there is only one. */
  #service: string | undefined;

  constructor(session: LastingSession, entry: EntryName, print: Print) {
    this.#session = session;
    this.#entry = entry;
    this.#print = print;
  }

  /** What the instance is called. Another process may serve after an upgrade. */
  get #name(): string {
    return entryTitle(this.#entry, this.#session.greeting.pid);
  }

  async run(historyPath: string | undefined): Promise<void> {
    this.#print(banner(this.#session.greeting) + "Tab completes, help lists the commands, quit or Ctrl-D leaves.\n");
    await this.#learn();
    await this.#tellLogProblem();
    const history = readHistory(historyPath), gone = this.#session.gone();
    using typed = new TypedLines(this.#print, history, (line) => complete(line, this.#offers));
    try {
      for (;;) {
        const service = this.#service === undefined ? "" : ` ${this.#service}`;
        const line = await typed.next(`${this.#name}${service} [${this.#session.group}]> `, gone);
        if (line === undefined) {
          this.#print("\n");
          break;
        }
        if (line.trim() !== "") history.push(line);
        if (isKill(line) && !/^y(es)?$/i.test((await typed.ask(this.#killQuestion(), gone)).trim())) {
          if (!gone.aborted) this.#print("not ended\n");
          continue;
        }
        if (await this.#run(line)) return;
      }
      if (gone.aborted) throw this.#ended();
    } finally {
      writeHistory(historyPath, history);
    }
  }

  /** Runs a command. Says whether it was the last one. @throws {Error} when the instance is gone */
  async #run(line: string): Promise<boolean> {
    const run = (command: string) =>
      this.#session.run(command).catch(async (error) => {
        throw await this.#session.hasEnded() ? this.#ended() : error;
      });
    // Loaded here, since -c without a terminal does not need it.
    const { replyOfShow } = await import("./show/reply_of_show.ts");
    const shown = await replyOfShow(line, run, stdout.columns);
    if (shown !== undefined) {
      this.#print(shown.map((text) => text + "\n").join(""));
      return false;
    }
    const { text, outcome } = await run(line);
    this.#print(fit(line, text).map((text) => paint(text) + "\n").join(""));
    if (text[0] === SYNTAX_ERROR) this.#print(hint(line) + "\n");
    if (outcome === "bye") return true;
    await this.#learn();
    return false;
  }

  #ended(): Error {
    return new Error(`The instance on ${this.#name} has ended`);
  }

  #killQuestion(): string {
    const { length } = this.#offers.services;
    return `end ${this.#name}${length > 1 ? ` and all its ${length} services` : ""}? [y/N] `;
  }

  /** Fetches what Tab can offer. */
  async #learn(): Promise<void> {
    try {
      const { service, services } = await askSummary((command) => this.#session.run(command));
      const groups = services.find(({ name }) => name === service)?.groups ?? [];
      const size = groups.find(({ group }) => group === this.#session.group)?.channels ?? 0;
      const names = groups.flatMap(({ names }) => names);
      // JSON may hold anything, escaped or not, and a terminal shows what comes of it.
      this.#service = services.length === 1 ? undefined : service === null ? "(no service)" : escape(service);
      this.#offers = {
        channels: [...Array(Math.min(size, MAX_CHANNELS)).keys(), ...names.map(escape)],
        groups: groups.map(({ group }) => group),
        services: services.map(({ name }) => escape(name)),
      };
    } catch {
      // Completion is a convenience; the next command will tell what is wrong.
    }
  }

  async #tellLogProblem(): Promise<void> {
    try {
      const { log } = JSON.parse((await this.#session.run("services json")).text[0]) as { log?: { problem: unknown } };
      if (typeof log?.problem === "string") this.#print(`The log is not written: ${escape(log.problem)}.\n`);
    } catch {
      // The next command will tell what is wrong.
    }
  }
}

/** Whether a line would end the instance. */
function isKill(line: string): boolean {
  const [word, ...more] = line.trim().split(/\s+/);
  return more.length === 0 && findCommand(word)?.name === "kill";
}

/** A reply as it fits the terminal. */
function fit(line: string, text: readonly string[]): readonly string[] {
  const width = stdout.columns || 80, name = findCommand(line.trim().split(/\s+/)[0])?.name;
  return name === "help" ? fitHelp(text, width) : fitTable(text, width);
}

/** Disabled channels in red, drained ones in yellow. Leaves the text of the table as it is. */
function paint(line: string): string {
  const [, state] = /^ *\d+ +\S+ +\d+ (dis|dwn|drn) /.exec(line) ?? [];
  return state === undefined || Deno.noColor ? line : `\x1b[${state === "drn" ? 33 : 31}m${line}\x1b[39m`;
}
