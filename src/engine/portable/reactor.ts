import { setImmediate } from "node:timers";
import { closeQuietly } from "./stream.ts";

/** Descriptors of the pair of sockets, and of the listening socket used to make it. */
export const PAIR = 3;

/** Rounds of the event loop after which the runtime has asked the kernel anyway: tokio does so at every 61st. */
const BLIND_ROUNDS = 64;

/**
 * How many looks it takes to handle everything that the kernel has ready: usually, and after the process was stopped. A
 * look returns at most 1,024 events, of which tokio lets 128 be handled before the next look.
 */
const FEW_LOOKS = 2, MANY_LOOKS = 32;

/** Milliseconds after which another attempt is made to get a pair of sockets. */
const RETRY = 1000;

/** Milliseconds without a look after which the pair is closed. */
const KEPT = 2000;

const BYTE = new Uint8Array(1);

/**
 * The runtime's look at the kernel. While it has work, the event loop goes round without asking the kernel what has
 * happened in the meantime; neither `setImmediate` nor a message makes it ask. A byte that comes back over a pair of
 * sockets does, and it comes after everything that was ready before.
 */
export class Reactor {
  #pair: Promise<Pair | undefined> | undefined;
  #opened = -Infinity;
  #waiting: (() => void)[] = [];
  #looking = false;
  #closed = false;
  #lastLook = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #buffer = new Uint8Array(16);

  /** Resolves when everything that the kernel has ready now has been handed out. */
  look(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      this.#waiting.push(resolve);
      if (!this.#looking) this.#run();
    });
  }

  /** Resolves when everything that the kernel has ready now has been handled, even if that is much (`behind`). */
  async settle(behind: boolean): Promise<void> {
    for (let looks = behind ? MANY_LOOKS : FEW_LOOKS; looks > 0; looks--) await this.look();
  }

  /** Stops looking. */
  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    return this.#giveUp();
  }

  async #run(): Promise<void> {
    this.#looking = true;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      // Once closed, another pair would stay open.
      if (!this.#closed) await this.#roundTrip();
      for (const resolve of waiting) resolve();
    }
    this.#looking = false;
    this.#lastLook = performance.now();
    if (!this.#closed) this.#timer ??= setTimeout(() => this.#giveUpUnused(), KEPT);
  }

  #giveUpUnused(): void {
    const left = this.#looking ? KEPT : this.#lastLook + KEPT - performance.now();
    this.#timer = left > 0 ? setTimeout(() => this.#giveUpUnused(), left) : undefined;
    if (left <= 0) this.#giveUp();
  }

  async #giveUp(): Promise<void> {
    const pair = this.#pair;
    this.#pair = undefined;
    (await pair)?.forEach(closeQuietly);
  }

  async #roundTrip(): Promise<void> {
    const now = performance.now();
    if (this.#pair === undefined && now >= this.#opened + RETRY) {
      this.#opened = now;
      this.#pair = openPair();
    }
    const opening = this.#pair, pair = await opening;
    try {
      const [near, far] = pair!;
      // Together, so that neither fails unheard when the other has.
      await Promise.all([far.read(this.#buffer), near.write(BYTE)]);
    } catch {
      // Out of descriptors, no permission for loopback, or closed in the meantime.
      pair?.forEach(closeQuietly);
      if (this.#pair === opening) this.#pair = undefined;
      for (let i = 0; i < BLIND_ROUNDS; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

type Pair = readonly [Deno.TcpConn, Deno.TcpConn];

/** Two sockets connected to each other; undefined where there can be none. Never rejects. */
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
      // Somebody else has connected in between.
      far.close();
    }
  } catch {
    return undefined;
  }
}
