/** O_CLOEXEC (open(2)), POLLIN and POLLHUP (poll(2)). */
const O_CLOEXEC = 0x80000, POLLIN = 1, POLLHUP = 0x10;

/** Milliseconds between two looks into the pipe. */
const INTERVAL = 20;

/** Bytes that are read at a time. */
const CHUNK = 65_536;

const SYMBOLS = {
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/**
 * A pipe through which a child reports line by line, beside its standard streams, and a copy of this process's own
 * standard error for it. For Linux. Deno cannot read a descriptor that it has not opened, so this looks into the pipe
 * from time to time.
 */
export class ReportPipe implements Disposable {
  readonly #libc = Deno.dlopen("", SYMBOLS);
  readonly #read: number;
  #text = "";
  readonly #decoder = new TextDecoder();
  /** The child's ends, open here until `handedOver`. */
  #given: readonly number[];
  /** Whether no more can come. */
  #over = false;
  #closed = false;
  #wake = () => {};

  /** The descriptor to write reports to. */
  readonly reports: number;
  /** A copy of standard error. */
  readonly stderr: number;

  /** @throws {Error} when there are no descriptors left */
  constructor() {
    const ends = new Int32Array(2), { pipe2, dup } = this.#libc.symbols;
    const made = pipe2(ends, O_CLOEXEC) === 0;
    this.#read = made ? ends[0] : -1;
    this.reports = made ? ends[1] : -1;
    this.stderr = made ? dup(2) : -1;
    this.#given = [this.reports, this.stderr].filter((descriptor) => descriptor >= 0);
    if (this.stderr >= 0) return;
    this[Symbol.dispose]();
    throw new Error("Cannot make a pipe: no descriptor is left");
  }

  /** Closes the ends that the child has inherited by now. */
  handedOver(): void {
    for (const descriptor of this.#given) this.#libc.symbols.close(descriptor);
    this.#given = [];
  }

  /** The next line; undefined once the child has closed its end, or `ended` says that it cannot write any more. */
  async line(ended: () => boolean): Promise<string | undefined> {
    for (;;) {
      // Asked first, so that what it wrote before its end is still read.
      const last = ended();
      this.#readAll();
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (last || this.#over) return undefined;
      await this.#pause();
    }
  }

  /** Whoever waits for a line gets none. */
  [Symbol.dispose](): void {
    this.handedOver();
    this.#over = this.#closed = true;
    this.#wake();
    if (this.#read >= 0) this.#libc.symbols.close(this.#read);
    this.#libc.close();
  }

  async #pause(): Promise<void> {
    let timer: ReturnType<typeof setTimeout>;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, INTERVAL);
    });
    clearTimeout(timer!);
  }

  #readAll(): void {
    if (this.#closed) return;
    const buffer = new Uint8Array(CHUNK), wanted = new Uint8Array(8), view = new DataView(wanted.buffer);
    for (;;) {
      // A `struct pollfd`: descriptor, what is wanted, what there is.
      view.setInt32(0, this.#read, true);
      view.setInt16(4, POLLIN, true);
      view.setInt16(6, 0, true);
      if (this.#libc.symbols.poll(wanted, 1n, 0) < 1 || (view.getInt16(6, true) & (POLLIN | POLLHUP)) === 0) return;
      const length = Number(this.#libc.symbols.read(this.#read, buffer, BigInt(CHUNK)));
      this.#over = length <= 0;
      if (this.#over) return;
      this.#text += this.#decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  }
}
