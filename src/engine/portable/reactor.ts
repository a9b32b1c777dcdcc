import { setImmediate } from "node:timers";
import { closeQuietly } from "./stream.ts";

/** Rounds of the event loop after which the runtime has asked the kernel anyway: tokio does so at every 61st. */
const BLIND_ROUNDS = 64;

/** Milliseconds after which a pair of sockets is asked for again where there was none. */
const RETRY = 1000;

const BYTE = new Uint8Array(1);

/**
 * The runtime's look at the kernel. While there is work at hand, the event loop goes round without asking the kernel what
 * has happened meanwhile; neither `setImmediate` nor a message makes it ask. A byte that comes back over a pair of
 * sockets does, and it comes behind everything that was ready before.
 */
export class Reactor {
  #pair: Promise<Pair | undefined> | undefined;
  #opened = -Infinity;
  #waiting: (() => void)[] = [];
  #looking = false;
  readonly #buffer = new Uint8Array(16);

  /** Resolves when what the kernel had ready at this moment has been handed out. */
  look(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#looking) this.#run();
    });
  }

  /** Gives the sockets up, which were opened at the first look. */
  async close(): Promise<void> {
    const pair = await this.#pair;
    pair?.forEach(closeQuietly);
  }

  async #run(): Promise<void> {
    this.#looking = true;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#roundTrip();
      for (const resolve of waiting) resolve();
    }
    this.#looking = false;
  }

  async #roundTrip(): Promise<void> {
    const now = performance.now();
    if (this.#pair === undefined && now >= this.#opened + RETRY) {
      this.#opened = now;
      this.#pair = openPair();
    }
    const pair = await this.#pair;
    try {
      const [near, far] = pair!;
      const back = far.read(this.#buffer);
      await near.write(BYTE);
      await back;
    } catch {
      // Out of descriptors, or no right to loopback.
      pair?.forEach(closeQuietly);
      this.#pair = undefined;
      for (let i = 0; i < BLIND_ROUNDS; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

type Pair = readonly [Deno.TcpConn, Deno.TcpConn];

/** Two sockets that are connected with each other; none where they cannot be had. Never rejects. */
async function openPair(): Promise<Pair | undefined> {
  const hostname = "127.0.0.1";
  // Otherwise an embedding program's user would be asked.
  if (Deno.permissions.querySync({ name: "net", host: hostname }).state !== "granted") return undefined;
  try {
    using listener = Deno.listen({ hostname, port: 0 });
    const near = await Deno.connect({ hostname, port: listener.addr.port });
    near.setNoDelay();
    for (;;) {
      const far = await listener.accept();
      if (far.remoteAddr.port === near.localAddr.port) return [near, far];
      // Somebody else came in between.
      far.close();
    }
  } catch {
    return undefined;
  }
}
