/** What a text file says, read again when it has changed. A file that cannot be read is empty. */
export class ChangedFile<T> {
  readonly #path: string | URL;
  readonly #parse: (text: string) => T;
  #stamp: string | undefined;
  #value: T;

  constructor(path: string | URL, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#value = parse("");
  }

  /** What it says now. */
  async value(): Promise<T> {
    await this.refresh();
    return this.#value;
  }

  /** Reads it if it has changed. @returns whether it has */
  async refresh(): Promise<boolean> {
    let stamp = "none", text = "";
    try {
      // Queried first, so that Deno does not prompt.
      if (Deno.permissions.querySync({ name: "read", path: this.#path }).state !== "granted") return false;
      // An editor may replace the file by another one.
      const { mtime, size, ino, dev } = await Deno.stat(this.#path);
      stamp = [mtime?.getTime(), size, ino, dev].join(" ");
      if (stamp === this.#stamp) return false;
      text = await Deno.readTextFile(this.#path);
    } catch {
      if (stamp === this.#stamp) return false;
    }
    this.#stamp = stamp;
    this.#value = this.#parse(text);
    return true;
  }
}
