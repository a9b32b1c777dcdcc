/** A listening socket whose descriptor is known, which Deno's own do not tell. For Linux. */
export class ListeningSocket implements Disposable {
  readonly descriptor: number;
  readonly port: number;
  readonly #libc = Deno.dlopen("", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });

  /** Listens on a free port of 127.0.0.1, or on the given one. */
  constructor(port = 0) {
    const { socket, bind, listen, getsockname } = this.#libc.symbols;
    // AF_INET, SOCK_STREAM | SOCK_CLOEXEC.
    this.descriptor = socket(2, 1 | 0x80000, 0);
    const address = new Uint8Array([2, 0, port >> 8, port & 0xff, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    if (bind(this.descriptor, address, address.length) < 0 || listen(this.descriptor, 128) < 0) {
      throw new Error(`Cannot listen on port ${port}`);
    }
    getsockname(this.descriptor, address, new Uint32Array([address.length]));
    this.port = address[2] << 8 | address[3];
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.descriptor);
    this.#libc.close();
  }
}
