/** An incremental search in the history, like Ctrl-R in shells. */
export class HistorySearch {
  /** The text to search for. */
  query = "";
  /** The command that was found last, or the line from which the search began. */
  match: string;
  /** Whether there is no (further) command with `query` in it. */
  failed = false;
  readonly #history: readonly string[];
  #at = -1;

  /**
   * @param history commands, the latest first
   * @param line what had been typed before
   */
  constructor(history: readonly string[], line: string) {
    this.#history = history;
    this.match = line;
  }

  /** Adds to the text to search for. */
  add(text: string): void {
    this.query += text;
    this.#find(Math.max(0, this.#at));
  }

  /** Deletes the last character and searches again from the latest command. */
  erase(): void {
    this.query = Array.from(this.query).slice(0, -1).join("");
    this.#at = -1;
    this.failed = false;
    if (this.query !== "") this.#find(0);
  }

  /** Continues to the next older command that differs. */
  further(): void {
    if (this.query !== "") this.#find(this.#at + 1, this.#at < 0 ? undefined : this.match);
  }

  #find(from: number, except?: string): void {
    const at = this.#history.findIndex((line, i) => i >= from && line !== except && line.includes(this.query));
    this.failed = at < 0;
    if (at < 0) return;
    this.#at = at;
    this.match = this.#history[at];
  }
}
