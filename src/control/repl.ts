import { stdin, stdout } from "node:process";
import { createInterface, type Interface } from "node:readline";
import { findCommand } from "./commands.ts";
import { complete } from "./completion.ts";
import { LastingSession } from "./lasting_session.ts";
import { lines } from "./lines.ts";
import { type Greeting, LONGEST_LINE } from "./protocol.ts";

/** Bytes of a line that are kept of what comes from a pipe: more than a command may have, so that it is refused as too long. */
const LONGEST_INPUT = 2 * LONGEST_LINE;

/** Commands kept in the history. */
const HISTORY = 500;

/** Writes to standard output, at once and whole. */
export type Print = (text: string) => void;

/** How a dialogue starts (Balance manual). */
function banner({ pid, version }: Greeting): string {
  return `\nbalance ${version} interactive command shell\nPID of master process is ${pid}\n\n`;
}

/** Runs commands from standard input until it ends, in Balance's exact format. For programs at the other end of a pipe. */
export async function pipeDialogue(path: string, print: Print): Promise<void> {
  using session = await LastingSession.open(path);
  print(banner(session.greeting) + `balance[0] `);
  for await (const line of lines(Deno.stdin.readable, LONGEST_INPUT, "cut")) {
    const reply = await session.run(line);
    const text = reply.text.map((text) => text + "\n").join("");
    if (reply.outcome === "bye") return print(text);
    print(`${text}balance[${reply.group}] `);
  }
}

/** A dialogue on a terminal: history, completion, colour. */
export async function terminalDialogue(path: string, print: Print, historyPath: string | undefined): Promise<void> {
  using session = await LastingSession.open(path);
  await new TerminalDialogue(session, print).run(historyPath);
}

class TerminalDialogue {
  readonly #session: LastingSession;
  readonly #print: Print;
  #channels: number[] = [];
  #groups: number[] = [];
  #logProblem: string | null = null;

  constructor(session: LastingSession, print: Print) {
    this.#session = session;
    this.#print = print;
  }

  async run(historyPath: string | undefined): Promise<void> {
    this.#print(banner(this.#session.greeting) + "Tab completes, help lists the commands, quit or Ctrl-D leaves.\n");
    await this.#learn();
    if (this.#logProblem !== null) this.#print(`The log is not written: ${this.#logProblem}.\n`);
    const history = readHistory(historyPath);
    const reader = createInterface({
      input: stdin,
      output: stdout,
      terminal: true,
      history: history.toReversed(),
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(line, this.#channels, this.#groups),
    });
    try {
      for await (const line of this.#typed(reader)) {
        if (line.trim() !== "") history.push(line);
        const reply = await this.#session.run(line);
        this.#print(reply.text.map((text) => paint(text) + "\n").join(""));
        if (reply.text[0] === "syntax error") this.#print(hint(line));
        if (reply.outcome === "bye") break;
        await this.#learn();
      }
    } finally {
      reader.close();
      writeHistory(historyPath, history);
    }
  }

  /** Lines as they are typed, a prompt before each; ends at Ctrl-D. Ctrl-C drops the line. */
  async *#typed(reader: Interface): AsyncGenerator<string> {
    // Kept in a queue: lines are also typed, or pasted, while a command runs.
    const typed: string[] = [];
    let closed = false, wake = () => {};
    reader.on("line", (line) => {
      typed.push(line);
      wake();
    });
    reader.on("close", () => {
      closed = true;
      wake();
    });
    reader.on("SIGINT", () => {
      this.#print("^C\n");
      reader.write(null, { ctrl: true, name: "e" });
      reader.write(null, { ctrl: true, name: "u" });
      reader.prompt();
    });
    for (;;) {
      // Ctrl-D may have come while a command ran, and a closed reader takes no prompt.
      if (!closed) {
        reader.setPrompt(`balance[${this.#session.group}] `);
        reader.prompt();
      }
      while (typed.length === 0 && !closed) await new Promise<void>((resolve) => wake = resolve);
      const line = typed.shift();
      if (line === undefined) return this.#print("\n");
      yield line;
    }
  }

  /** Fetches what Tab can offer. */
  async #learn(): Promise<void> {
    try {
      const { text } = await this.#session.run("show json");
      const { groups, log } = JSON.parse(text[0]) as {
        groups: { group: number; channels: { channel: number }[] }[];
        log?: { problem: string | null };
      };
      this.#logProblem = log?.problem ?? null;
      this.#groups = groups.map(({ group }) => group);
      this.#channels = groups.find(({ group }) =>
        group === this.#session.group
      )?.channels.map(({ channel }) => channel) ?? [];
    } catch {
      // Completion is a convenience; the next command will tell what is wrong.
    }
  }
}

/** Disabled channels in red. Leaves the text of the table as it is. */
function paint(line: string): string {
  return !Deno.noColor && /^ *\d+ +\w+ +\d+ dis /.test(line) ? `\x1b[31m${line}\x1b[39m` : line;
}

function hint(line: string): string {
  const command = findCommand(line.trim().split(/\s+/)[0]);
  return command ? `usage: ${command.name} ${command.parameters}\n` : "help lists the commands\n";
}

function readHistory(path: string | undefined): string[] {
  try {
    return path === undefined ? [] : Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

function writeHistory(path: string | undefined, history: readonly string[]): void {
  if (path === undefined) return;
  try {
    Deno.mkdirSync(path.replace(/[/\\][^/\\]*$/, ""), { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(path, history.slice(-HISTORY).join("\n") + "\n", { mode: 0o600 });
  } catch {
    // A history that cannot be kept is no reason to fail.
  }
}
