import { connect, createServer, type Server, type Socket } from "node:net";
import { pause } from "./eventually.ts";

/** What a toxic proxy does to the bytes on their way from the back end to its client, or the other way. */
export interface Toxics {
  /** Milliseconds by which every chunk is delayed. */
  readonly latency?: number;
  /** Bytes a second at most. */
  readonly bandwidth?: number;
  /** Passes bytes on in pieces of this size, each in its own packet. */
  readonly slice?: number;
  /** Resets both sides after so many bytes from the back end. */
  readonly resetAfter?: number;
  /** Milliseconds by which the end of the stream is delayed. */
  readonly slowClose?: number;
  /** Accepts, reads, and answers nothing. */
  readonly blackHole?: boolean;
}

/**
 * A TCP proxy that makes a good network bad, since not every kernel that tests run on can do so. Its rules may change
 * at any time; each chunk follows those in force when it arrives.
 */
export class ToxicProxy implements AsyncDisposable {
  toxics: Toxics;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, toxics: Toxics) {
    this.#server = server;
    this.port = port;
    this.toxics = toxics;
  }

  /** Listens on a free loopback port before `127.0.0.1:backEnd`. */
  static async start(backEnd: number, toxics: Toxics = {}): Promise<ToxicProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new ToxicProxy(server, (server.address() as { port: number }).port, toxics);
    server.on("connection", (client) => proxy.#serve(client, backEnd));
    return proxy;
  }

  /** Resets every connection that passes through. */
  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(client: Socket, port: number): void {
    const backEnd = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const socket of [client, backEnd]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    }
    let received = 0;
    const reset = () => {
      client.resetAndDestroy();
      backEnd.resetAndDestroy();
    };
    this.#pump(client, backEnd, (chunk) => chunk).catch(reset);
    this.#pump(backEnd, client, (chunk) => {
      const left = (this.toxics.resetAfter ?? Infinity) - received;
      received += chunk.length;
      return chunk.length < left ? chunk : chunk.subarray(0, left);
    }, () => received >= (this.toxics.resetAfter ?? Infinity)).catch(reset);
  }

  async #pump(
    from: Socket,
    to: Socket,
    cut: (chunk: Uint8Array) => Uint8Array,
    over: () => boolean = () => false,
  ): Promise<void> {
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      const { latency = 0, bandwidth = Infinity, slice = Infinity, blackHole } = this.toxics;
      if (blackHole) continue;
      const bytes = cut(chunk);
      const delay = latency + bytes.length / bandwidth * 1000;
      if (delay > 0) await pause(delay);
      for (let start = 0; start < bytes.length; start += slice) {
        await write(to, bytes.subarray(start, Math.min(start + slice, bytes.length)));
      }
      if (over()) throw new Error("reset");
    }
    const { slowClose } = this.toxics;
    if (slowClose) await pause(slowClose);
    to.end();
  }
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => socket.write(bytes, (error) => error ? reject(error) : resolve()));
}
