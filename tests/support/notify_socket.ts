import { eventually } from "./eventually.ts";

/** AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, MSG_DONTWAIT. */
const AF_UNIX = 1, SOCK_TYPE = 2 | 0x80000, MSG_DONTWAIT = 0x40;

/** The side of sd_notify(3) that listens. For Linux. */
export class NotifySocket implements Disposable {
  /** What `$NOTIFY_SOCKET` is set to. */
  readonly address: string;
  /** Messages so far. */
  readonly messages: string[] = [];
  readonly #fd: number;
  readonly #libc = Deno.dlopen("", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });

  /** @param address a path, or `@` and an abstract name */
  constructor(address: string) {
    this.address = address;
    const { socket, bind } = this.#libc.symbols, name = new TextEncoder().encode(address.replace(/^@/, "\0"));
    const place = new Uint8Array([AF_UNIX, 0, ...name, ...name[0] === 0 ? [] : [0]]);
    this.#fd = socket(AF_UNIX, SOCK_TYPE, 0);
    if (bind(this.#fd, place, place.length) < 0) throw new Error(`Cannot bind ${address}`);
  }

  /** Takes what has come. @returns all messages so far */
  read(): readonly string[] {
    const buffer = new Uint8Array(4096);
    for (;;) {
      const length = Number(this.#libc.symbols.recv(this.#fd, buffer, BigInt(buffer.length), MSG_DONTWAIT));
      if (length < 0) return this.messages;
      this.messages.push(new TextDecoder().decode(buffer.subarray(0, length)));
    }
  }

  /** Waits for a message. */
  async told(wanted: RegExp, seconds?: number): Promise<string> {
    await eventually(`told ${wanted}`, () => this.read().some((message) => wanted.test(message)), seconds);
    return this.messages.find((message) => wanted.test(message))!;
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}
