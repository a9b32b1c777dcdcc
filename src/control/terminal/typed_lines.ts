import { stdin, stdout } from "node:process";
import { createInterface, type Interface } from "node:readline";
import { HISTORY } from "./history.ts";
import { HistorySearch } from "./history_search.ts";
import type { Print } from "../repl.ts";

/** What readline calls for each key, as Node's own dialogue uses it. */
type TakesKeys = Interface & {
  _ttyWrite(text: string | undefined, key: Key): void;
  history: string[];
  line: string;
  cursor: number;
};

interface Key {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

/** Lines that are typed on a terminal, with history, completion and a search in the history. */
export class TypedLines implements Disposable {
  readonly #reader: TakesKeys;
  readonly #print: Print;
  /** Lines are also typed, or pasted, while a command runs. */
  readonly #typed: string[] = [];
  #closed = false;
  #asking = false;
  #wake = () => {};
  #prompt = "";
  #search: { readonly state: HistorySearch; readonly before: string } | undefined;

  /** @param history commands, the oldest first */
  constructor(print: Print, history: readonly string[], completer: (line: string) => [string[], string]) {
    this.#print = print;
    const reader = this.#reader = createInterface({
      input: stdin,
      output: stdout,
      terminal: true,
      history: history.toReversed(),
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      completer,
    }) as TakesKeys;
    reader.on("line", (line) => {
      this.#typed.push(line);
      this.#wake();
    });
    reader.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    reader.on("SIGINT", () => this.#interrupted());
    const take = reader._ttyWrite;
    reader._ttyWrite = (text, key) => {
      if (this.#searches(text, key)) take.call(reader, text, key);
    };
  }

  /**
   * The next line; undefined at Ctrl-D, or once the signal has fired. Ctrl-C drops what is typed.
   *
   * @param signal stops waiting
   */
  async next(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    // Ctrl-D may have come while a command ran, and a closed reader takes no prompt.
    if (!this.#closed) this.#show(this.#prompt = prompt);
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    while (this.#typed.length === 0 && !this.#closed && !signal.aborted) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    signal.removeEventListener("abort", wake);
    return signal.aborted ? undefined : this.#typed.shift();
  }

  /** The answer to a question, which is not kept in the history; an empty one at Ctrl-C, Ctrl-D, or once the signal has fired. */
  async ask(question: string, signal: AbortSignal): Promise<string> {
    const { history } = this.#reader, before = [...history];
    this.#asking = true;
    const answer = await this.next(question, signal);
    this.#asking = false;
    history.splice(0, history.length, ...before);
    return answer ?? "";
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }

  #interrupted(): void {
    this.#print("^C\n");
    this.#reader.write(null, { ctrl: true, name: "e" });
    this.#reader.write(null, { ctrl: true, name: "u" });
    if (this.#asking) {
      this.#typed.push("");
      return this.#wake();
    }
    this.#show(this.#prompt);
  }

  /** Handles a key during a search. Returns whether readline must handle it as well. */
  #searches(text: string | undefined, key: Key): boolean {
    const starts = key.ctrl === true && key.name === "r" && !this.#asking;
    if (this.#search === undefined) {
      if (!starts) return true;
      const { history, line } = this.#reader;
      this.#search = { state: new HistorySearch(history, line), before: line };
    } else {
      const { state, before } = this.#search;
      if (starts) state.further();
      else if (key.name === "backspace" || (key.ctrl && key.name === "h")) state.erase();
      else if (key.name === "escape" || (key.ctrl && key.name === "g")) return this.#endSearch(before), false;
      else if (text !== undefined && !key.ctrl && !key.meta && /^\P{C}+$/u.test(text)) state.add(text);
      // Enter runs what was found, and any other key goes on with it.
      else return this.#endSearch(state.match), true;
    }
    const { query, match, failed } = this.#search.state;
    this.#show(`(${failed ? "not found" : "search"})'${query}': `, match);
    return false;
  }

  #endSearch(line: string): void {
    this.#search = undefined;
    this.#show(this.#prompt, line);
  }

  #show(prompt: string, line?: string): void {
    const reader = this.#reader;
    if (line !== undefined) {
      reader.line = line;
      reader.cursor = line.length;
    }
    reader.setPrompt(prompt);
    reader.prompt(line !== undefined);
  }
}
