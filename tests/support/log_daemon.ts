import { dirname } from "node:path";
import { SYSTEM_LOG } from "../../src/log/unix_socket.ts";
import { pause } from "./eventually.ts";
import { windows } from "./program.ts";
import { exists } from "./exists.ts";

const AF_UNIX = 1, O_CLOEXEC = 0x80000, MSG_DONTWAIT = 0x40;

/** A log daemon for Linux that reads only on request. Disposing of it leaves its socket file, as a crash does. */
export class LogDaemon implements Disposable {
  readonly path: string;
  readonly #fd: number;
  readonly #kind: "datagram" | "stream";
  readonly #connections: number[] = [];
  readonly #libc = Deno.dlopen("", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });

  constructor(path: string, kind: "datagram" | "stream" = "datagram") {
    this.path = path;
    this.#kind = kind;
    try {
      Deno.removeSync(path);
    } catch {
      Deno.mkdirSync(dirname(path), { recursive: true });
    }
    const call = this.#libc.symbols, name = new TextEncoder().encode(`${path}\0`);
    const address = new Uint8Array(2 + name.length);
    address[0] = AF_UNIX;
    address.set(name, 2);
    const nonBlocking = kind === "stream" ? 0x800 : 0;
    this.#fd = call.socket(AF_UNIX, (kind === "stream" ? 1 : 2) | O_CLOEXEC | nonBlocking, 0);
    if (call.bind(this.#fd, address, address.length) < 0) throw new Error(`cannot bind ${path}`);
    if (kind === "stream") call.listen(this.#fd, 5);
    Deno.chmodSync(path, 0o666);
  }

  /** Everything received. */
  read(): string[] {
    if (this.#kind === "datagram") return this.#receive(this.#fd);
    for (;;) {
      const fd = this.#libc.symbols.accept4(this.#fd, null, null, O_CLOEXEC);
      if (fd < 0) break;
      this.#connections.push(fd);
    }
    return this.#connections.flatMap((fd) => this.#receive(fd)).join("").split("\0").filter((text) => text !== "");
  }

  /** Reads until a message matches. @returns all messages up to then @throws {Error} when none matches */
  async until(wanted: RegExp): Promise<string[]> {
    const all: string[] = [];
    for (const end = performance.now() + 30_000;;) {
      all.push(...this.read());
      if (all.some((text) => wanted.test(text))) return all;
      if (performance.now() > end) throw new Error(`no ${wanted}: ${all.join("\n")}`);
      await pause(5);
    }
  }

  [Symbol.dispose](): void {
    for (const fd of [this.#fd, ...this.#connections]) this.#libc.symbols.close(fd);
    this.#libc.close();
  }

  #receive(fd: number): string[] {
    const found: string[] = [], buffer = new Uint8Array(1 << 18);
    for (;;) {
      const length = Number(this.#libc.symbols.recv(fd, buffer, BigInt(buffer.length), MSG_DONTWAIT));
      if (length <= 0) return found;
      found.push(new TextDecoder().decode(buffer.subarray(0, length)));
    }
  }
}

/** What a start in the background prints to standard error on this machine: nothing, if there is a system log. */
export const backgroundNote = windows || exists(SYSTEM_LOG)
  ? ""
  : `balance: the log is not written: there is no ${SYSTEM_LOG}; --log-file FILE writes one\n`;

/** Datagrams that a socket of this network namespace holds for a reader (unix(7)). */
export function queueLength(): number {
  return Number(Deno.readTextFileSync("/proc/sys/net/unix/max_dgram_qlen"));
}
