import { eventually, pause } from "../support/eventually.ts";
import { writeAll } from "../support/streams.ts";
import { LONGEST_RUN, replySize, REQUEST_SIZE, REQUESTS, STREAM, wrongBytes } from "./checked_traffic.ts";

/** Requests after which a keep-alive client connects anew. */
const REQUESTS_PER_CONNECTION = 100;

/** Milliseconds between the requests of a client. */
const PAUSE = 2;

/** How much load. */
export interface LoadOptions {
  /** Clients that send requests over one connection. Default 10. */
  readonly keepAlive?: number;
  /** Clients that connect anew for each request. Default 10. */
  readonly fresh?: number;
  /** Streams, which last as long as the load. Default 50. */
  readonly streams?: number;
}

/** What became of a load. */
export interface LoadResult {
  /** Connections begun. */
  readonly connections: number;
  /** Requests answered. */
  readonly requests: number;
  /** Bytes of streams received. */
  readonly streamed: number;
  /** Connections that failed, and the reasons, each with the number of its connections. */
  readonly failed: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Bytes that were not what was sent. */
  readonly wrong: number;
}

/** Clients of a `checkedBackend` that keep a load up and check each byte. */
export class SteadyLoad implements AsyncDisposable {
  readonly #ports: () => number;
  readonly #clients: Promise<void>[];
  readonly #streams: Set<Deno.TcpConn> = new Set();
  #connections = 0;
  #requests = 0;
  #streamed = 0;
  #wrong = 0;
  #over = false;
  readonly #reasons: Record<string, number> = {};

  /** @param ports the port for a new connection, asked each time */
  private constructor(ports: () => number, { keepAlive = 10, fresh = 10 }: LoadOptions) {
    this.#ports = ports;
    const times = (count: number, client: () => Promise<void>) => Array.from({ length: count }, client);
    this.#clients = [
      ...times(keepAlive, () => this.#client(REQUESTS_PER_CONNECTION)),
      ...times(fresh, () => this.#client(1)),
    ];
  }

  /** Starts it. Resolves when all streams flow and there have been some requests. */
  static async start(port: number | (() => number), options: LoadOptions = {}): Promise<SteadyLoad> {
    const load = new SteadyLoad(typeof port === "number" ? () => port : port, options);
    const streams = Array.from({ length: options.streams ?? 50 }, () => Promise.withResolvers<void>());
    for (const { resolve } of streams) load.#clients.push(load.#stream(resolve));
    await Promise.all(streams.map(({ promise }) => promise));
    await load.more(20);
    return load;
  }

  /** What happened until now. */
  get result(): LoadResult {
    return {
      connections: this.#connections,
      requests: this.#requests,
      streamed: this.#streamed,
      failed: Object.values(this.#reasons).reduce((sum, count) => sum + count, 0),
      reasons: { ...this.#reasons },
      wrong: this.#wrong,
    };
  }

  /** Waits until so many more requests have been answered. @throws {Error} when that takes too long */
  async more(requests: number): Promise<void> {
    const until = this.#requests + requests;
    await eventually(`${requests} more requests are answered`, () => this.#requests >= until);
  }

  /** Ends it. @returns what happened */
  async stop(): Promise<LoadResult> {
    this.#over = true;
    for (const stream of this.#streams) await stream.closeWrite().catch(() => {});
    await Promise.all(this.#clients);
    return this.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Sends requests, so many over each connection. */
  async #client(requests: number): Promise<void> {
    while (!this.#over) {
      await this.#connection(async (connection) => {
        await writeAll(connection, new Uint8Array([REQUESTS]));
        for (let i = 0; i < requests && !this.#over; i++) {
          const number = Math.floor(Math.random() * 2 ** 32), request = new Uint8Array(REQUEST_SIZE);
          new DataView(request.buffer).setUint32(0, number);
          await writeAll(connection, request);
          await this.#receive(connection, number, replySize(number));
          this.#requests++;
          await pause(PAUSE);
        }
      });
    }
  }

  async #stream(flows: () => void): Promise<void> {
    await this.#connection(async (connection) => {
      this.#streams.add(connection);
      await writeAll(connection, new Uint8Array([STREAM]));
      const buffer = new Uint8Array(LONGEST_RUN);
      for (let position = 0;;) {
        const length = await connection.read(buffer);
        if (length === null && this.#over) return;
        if (length === null) throw new Error("the stream ended");
        this.#wrong += wrongBytes(buffer.subarray(0, length), position);
        position += length;
        this.#streamed += length;
        flows();
      }
    });
    flows();
  }

  async #connection(use: (connection: Deno.TcpConn) => Promise<void>): Promise<void> {
    this.#connections++;
    let connection: Deno.TcpConn | undefined;
    try {
      connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#ports() });
      await use(connection);
    } catch (error) {
      const reason = (error as Error).message;
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
      // A port that refuses everybody must not make the load a storm.
      await pause(PAUSE);
    } finally {
      if (connection !== undefined) {
        this.#streams.delete(connection);
        connection.close();
      }
    }
  }

  async #receive(connection: Deno.TcpConn, position: number, length: number): Promise<void> {
    const buffer = new Uint8Array(length);
    for (let offset = 0; offset < length;) {
      const read = await connection.read(buffer.subarray(offset));
      if (read === null) throw new Error(offset === 0 ? "closed without a reply" : "closed within a reply");
      offset += read;
    }
    this.#wrong += wrongBytes(buffer, position);
  }
}
