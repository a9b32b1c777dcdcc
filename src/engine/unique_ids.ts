/** Names of connections that no other connection has, on any machine: 64 random bits of the thread, and a count. */
export class UniqueIds {
  readonly #prefix: string;
  #count = 0;

  constructor() {
    const random = crypto.getRandomValues(new Uint8Array(8));
    this.#prefix = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The next one: 32 hexadecimal digits. */
  next(): string {
    return this.#prefix + (this.#count++).toString(16).padStart(16, "0");
  }
}
