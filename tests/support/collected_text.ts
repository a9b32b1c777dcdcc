import { within } from "./eventually.ts";

/** Text that a process prints, collected while it comes. */
export class CollectedText {
  /** All of it so far. */
  text = "";
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  #over = false;
  #changed = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#collect(stream);
  }

  /**
   * Waits for a piece of text, behind `from`.
   *
   * @param from position in the text at which to start looking, default 0
   * @param seconds how long it may take, default 30
   * @throws {Error} with all the text, when the stream ends without it or the time is over
   */
  async until(wanted: string | RegExp, from = 0, seconds = 30): Promise<RegExpMatchArray> {
    const pattern = typeof wanted === "string" ? new RegExp(RegExp.escape(wanted)) : wanted;
    const find = async () => {
      for (;;) {
        const match = this.text.slice(from).match(pattern);
        if (match !== null) return match;
        if (this.#over) throw new Error("the stream ended");
        await this.#changed.promise;
      }
    };
    return await within(seconds, `wait for ${pattern}`, find()).catch((error) => {
      throw new Error(`${(error as Error).message}, no ${pattern} in ${JSON.stringify(this.text.slice(from))}`);
    });
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of stream) {
        this.text += decoder.decode(chunk, { stream: true });
        this.#wake();
      }
    } finally {
      this.#over = true;
      this.#wake();
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
