import { stdin, stdout } from "node:process";
import { createInterface, type Interface } from "node:readline";
import { ControlClient, type ControlReply } from "./client.ts";
import { findCommand } from "./commands.ts";
import { complete } from "./completion.ts";
import { lines } from "./lines.ts";

/** Longest line that is read from a pipe, in bytes. */
const LONGEST_INPUT = 1024 * 1024;

/** Commands kept in the history. */
const HISTORY = 500;

/** How a dialogue starts (Balance manual). */
function banner({ pid, version }: ControlClient["greeting"]): string {
  return `\nbalance ${version} interactive command shell\nPID of master process is ${pid}\n\n`;
}

/** Runs commands from standard input until it ends, in Balance's exact format. For programs at the other end of a pipe. */
export async function pipeDialogue(path: string): Promise<void> {
  using client = await ControlClient.open(path);
  print(banner(client.greeting));
  let group = 0;
  print(`balance[${group}] `);
  for await (const line of lines(Deno.stdin.readable, LONGEST_INPUT)) {
    const reply = await client.run(line);
    print(reply.text.map((text) => text + "\n").join(""));
    if (reply.outcome === "bye") return;
    group = reply.group;
    print(`balance[${group}] `);
  }
}

/** A dialogue on a terminal: history, completion, colour. */
export async function terminalDialogue(path: string, historyPath: string | undefined): Promise<void> {
  const dialogue = new TerminalDialogue(path, await ControlClient.open(path));
  await dialogue.run(historyPath);
}

class TerminalDialogue {
  readonly #path: string;
  #client: ControlClient;
  #group = 0;
  #channels: number[] = [];
  #groups: number[] = [];

  constructor(path: string, client: ControlClient) {
    this.#path = path;
    this.#client = client;
  }

  async run(historyPath: string | undefined): Promise<void> {
    print(banner(this.#client.greeting) + "Tab completes, help lists the commands, quit or Ctrl-D leaves.\n");
    await this.#learn();
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
        const reply = await this.#run(line);
        print(reply.text.map((text) => paint(text) + "\n").join(""));
        if (reply.text[0] === "syntax error") print(hint(line));
        if (reply.outcome === "bye") break;
        this.#group = reply.group;
        await this.#learn();
      }
    } finally {
      reader.close();
      this.#client[Symbol.dispose]();
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
      print("^C\n");
      reader.write(null, { ctrl: true, name: "e" });
      reader.write(null, { ctrl: true, name: "u" });
      reader.prompt();
    });
    for (;;) {
      // Ctrl-D may have come while a command ran, and a closed reader takes no prompt.
      if (!closed) {
        reader.setPrompt(`balance[${this.#group}] `);
        reader.prompt();
      }
      while (typed.length === 0 && !closed) await new Promise<void>((resolve) => wake = resolve);
      const line = typed.shift();
      if (line === undefined) return print("\n");
      yield line;
    }
  }

  /** Runs a command; opens a new session first if the instance has closed this one for its silence. */
  async #run(line: string): Promise<ControlReply> {
    if (this.#client.closed) {
      this.#client[Symbol.dispose]();
      this.#client = await ControlClient.open(this.#path);
      await this.#client.run(`group ${this.#group}`);
    }
    return await this.#client.run(line);
  }

  /** Fetches what Tab can offer. */
  async #learn(): Promise<void> {
    try {
      const { text } = await this.#client.run("show json");
      const { groups } = JSON.parse(text[0]) as { groups: { group: number; channels: { channel: number }[] }[] };
      this.#groups = groups.map(({ group }) => group);
      this.#channels = groups.find(({ group }) => group === this.#group)?.channels.map(({ channel }) => channel) ?? [];
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

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += Deno.stdout.writeSync(bytes.subarray(offset));
}
