/** A client whose receive buffer is as small as wanted, which Deno's own sockets cannot have. */
import { linux } from "../support/requirements.ts";

const AF_INET = 2, SOCK_STREAM = 1, SOL_SOCKET = 1, SO_RCVBUF = 8;

/** Whether it can be made here. */
export const hasSmallWindows = linux;

/** A connected IPv4 socket that is read only when told to. */
export class SmallWindow implements Disposable {
  readonly #libc;
  readonly #fd: number;

  /** Connects to a port of 127.0.0.1. @param window bytes of the receive buffer; the kernel doubles it for its own use */
  constructor(port: number, window: number) {
    this.#libc = Deno.dlopen("libc.so.6", {
      socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
      setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
      connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
      recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize", nonblocking: true },
      close: { parameters: ["i32"], result: "i32" },
    });
    const { symbols } = this.#libc;
    this.#fd = symbols.socket(AF_INET, SOCK_STREAM, 0);
    symbols.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, new Int32Array([window]), 4);
    const address = new Uint8Array(16), view = new DataView(address.buffer);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, port);
    address.set([127, 0, 0, 1], 4);
    if (symbols.connect(this.#fd, address, 16) !== 0) throw new Error(`Cannot connect to port ${port}`);
  }

  /** Reads exactly so many bytes. @throws {Error} when the connection ends before */
  async read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length;) {
      const part = bytes.subarray(offset);
      const n = Number(await this.#libc.symbols.recv(this.#fd, part, BigInt(part.length), 0));
      if (n <= 0) throw new Error(`Cannot read: the connection ended after ${offset} of ${length} bytes`);
      offset += n;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}
