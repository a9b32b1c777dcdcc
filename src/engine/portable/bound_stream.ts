import type { Socket } from "node:net";
import { type Address, familyOf } from "../../table/address.ts";
import { isSelf, refusal } from "./self_connection.ts";
import type { Stream } from "./stream.ts";

/** A source address that cannot be bound. Deno says EINVAL whatever the reason; it is always on this machine. */
class SourceUnavailable extends Error {
  override readonly name = "SourceUnavailable";
  readonly code = "EADDRNOTAVAIL";

  constructor(source: string) {
    super(`Cannot bind source address ${source}: not this machine's, or no port is free`);
  }
}

/** Connects from a given source address, which `Deno.connect` cannot. @throws {Error} with a `code` */
export async function dialFrom(source: string, address: Address, signal: AbortSignal): Promise<Stream> {
  const { connect } = await import("node:net"); // Takes 10 ms, and few give a source.
  return await new Promise((resolve, reject) => {
    const socket = connect({
      host: address.host,
      port: address.port,
      localAddress: source,
      family: familyOf(address.host),
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
    });
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    const settle = () => {
      signal.removeEventListener("abort", abort);
      socket.off("connect", connected).off("error", failed);
    };
    const connected = () => {
      settle();
      if (!isSelf(address, socket.localAddress ?? source, socket.localPort ?? 0)) {
        return resolve(new BoundStream(socket));
      }
      socket.on("error", () => {}).destroy();
      reject(refusal());
    };
    const failed = (error: Error) => {
      settle();
      socket.on("error", () => {});
      reject((error as { syscall?: string }).syscall === "bind" ? new SourceUnavailable(source) : error);
    };
    socket.once("connect", connected).once("error", failed);
  });
}

/** A `node:net` socket that reads and writes like a Deno connection. */
class BoundStream implements Stream {
  readonly #socket: Socket;
  #error: Error | undefined;
  /** What a read brought beyond the reader's buffer. */
  #rest: Uint8Array | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const wake = () => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#error ??= error;
      wake();
    });
    socket.on("close", () => {
      this.#error ??= new Error("Cannot use connection: it is closed");
      wake();
    });
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk = this.#rest ?? this.#socket.read() as Uint8Array | null;
      if (chunk !== null) {
        const length = Math.min(chunk.length, buffer.length);
        buffer.set(chunk.subarray(0, length));
        this.#rest = length < chunk.length ? chunk.subarray(length) : undefined;
        return length;
      }
      if (this.#ended) return null;
      if (this.#error) throw this.#error;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      // Resolved when the kernel has them, so the caller may use the buffer again and back-pressure holds.
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => {
      // A destroyed socket does not call back.
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", () => resolve()).end(() => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
