/** Milliseconds between two attempts to get the descriptor back. */
const INTERVAL = 250;

const FILE = "/dev/null";

/**
 * A descriptor kept aside, so that an operator can still be served when the program has run out of them. Without the
 * permission to read `/dev/null` there is none.
 */
export class ReserveDescriptor implements Disposable {
  /** Queried first, so that Deno does not prompt. */
  readonly #allowed = Deno.permissions.querySync({ name: "read", path: FILE }).state === "granted";
  #file: Deno.FsFile | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.restore();
  }

  /** Frees it, and takes one back as soon as one is free. @returns whether it was held */
  release(): boolean {
    if (this.#file === undefined) return false;
    this.#file.close();
    this.#file = undefined;
    this.#retry();
    return true;
  }

  /** Takes it back if it is gone: at once, or else as soon as one is free. */
  restore(): void {
    if (this.#file !== undefined || !this.#allowed) return;
    try {
      this.#file = Deno.openSync(FILE);
      clearInterval(this.#timer);
      this.#timer = undefined;
    } catch {
      this.#retry();
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
    clearInterval(this.#timer);
  }

  #retry(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.restore(), INTERVAL);
    Deno.unrefTimer(this.#timer);
  }
}
