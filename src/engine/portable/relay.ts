import type { Direction, Tap } from "../engine.ts";
import type { Alarm, RunningClock } from "../running_clock.ts";
import { fitted, give, SMALL, takeSmall } from "./buffers.ts";
import type { HalfClosed, HalfClosedConnection } from "./half_closed.ts";
import { closeQuietly, type Stream } from "./stream.ts";
import type { Turns } from "./turns.ts";

/**
 * Milliseconds that a side whose peer is gone may let pass without taking anything of what it is still sent, or without
 * ending after that. Until then its late bytes are read and dropped: closing the socket with unread bytes would reset
 * the side before it has read everything.
 */
const LINGER = 5_000;

/**
 * Bytes that are dropped at full speed. More than the kernels' buffers hold by default (tcp_rmem, tcp_wmem: 10 MB), so
 * that a side that answers what it was sent can finish its answers; one that sends more is not waiting for anything.
 */
const MOST_DROPPED = 16 * 1024 * 1024;

/** Milliseconds between two reads beyond that, from a side that may still be taking what it was sent. */
const DROP_PAUSE = 10;

const BIT = { sent: 1, rcvd: 2 };

/** Who is told what happens. A direction is that of the bytes: `sent` comes from the client. */
export interface RelayWatcher {
  /** Bytes were handed to the receiver. */
  moved(direction: Direction, bytes: number): void;
  /** A direction's end has come. */
  finished(direction: Direction): void;
  /** The side where a direction begins has reset the connection, or takes nothing any more. */
  broke(direction: Direction, error: unknown): void;
  /** After a reset nothing will be handed over any more; the side that is left gets some time to end. */
  lingers(): void;
  /** Half-closed, the connection was silent for too long, and is being closed. */
  silent(): void;
}

/** What the relay needs from its connection. */
export interface RelayTerms {
  readonly watcher: RelayWatcher;
  readonly tap?: Tap;
  /** What the channel gets first; not part of the client's bytes. */
  readonly prelude?: Uint8Array;
  readonly clock: RunningClock;
  readonly halfClosed: HalfClosed;
  /** Long streams wait here for their turn. */
  readonly turns: Turns;
}

/**
 * Moves bytes both ways until both directions have ended. The caller closes the streams, which also ends the relay
 * early. Never rejects.
 */
export async function relay(client: Stream, channel: Stream, terms: RelayTerms): Promise<void> {
  const both = new Pair(client, channel, terms);
  await Promise.all([both.pump("sent", client, channel), both.pump("rcvd", channel, client)]);
}

class Pair implements HalfClosedConnection {
  place = 0;
  /** When something was last handed over or a direction ended, if anyone measures it. */
  lastMove = 0;
  readonly #terms: RelayTerms;
  readonly #streams: readonly [Stream, Stream];
  #running = 2;
  /** Whether a pump only reads to drop what comes, because its receiver is gone. */
  #discarding = false;
  #reset = false;
  #lingering: Alarm | undefined;
  #halfClosed = false;
  /** Directions in which something was handed over. */
  #handed = 0;

  constructor(client: Stream, channel: Stream, terms: RelayTerms) {
    this.#streams = [client, channel];
    this.#terms = terms;
  }

  async pump(direction: Direction, from: Stream, to: Stream): Promise<void> {
    const { tap, turns, prelude } = this.#terms;
    const bit = BIT[direction];
    let buffer = takeSmall(), delivering = true, dropped = 0;
    if (prelude !== undefined && direction === "sent") {
      delivering = await this.#introduce(prelude, from, to);
    }
    for (;;) {
      let length: number | null;
      try {
        length = await from.read(buffer);
      } catch (error) {
        // A reset took both directions of `from` with it, so the other pump has no receiver any more.
        this.#terms.watcher.broke(direction, error);
        this.#reset = true;
        give(buffer, false);
        break;
      }
      if (length === null) {
        if (delivering) this.#terms.watcher.finished(direction);
        give(buffer, true);
        break;
      }
      // The receiver is gone: what still comes is dropped.
      if (!delivering) {
        dropped += length;
        if (dropped > MOST_DROPPED) {
          // Nothing was ever sent to this side, so closing cannot lose anything on its way.
          if ((this.#handed & ~bit) === 0) this.close();
          else await new Promise((resolve) => setTimeout(resolve, DROP_PAUSE));
        }
        if (turns.spend(length)) await turns.next(buffer.length);
        continue;
      }
      tap?.(direction, buffer.subarray(0, length));
      let waited = false;
      try {
        for (let offset = 0; offset < length;) {
          const written = await to.write(
            offset === 0 && length === buffer.length ? buffer : buffer.subarray(offset, length),
          );
          this.#handedOver(direction, written);
          offset += written;
          waited ||= offset < length;
        }
      } catch (error) {
        delivering = false;
        this.#receiverGone(direction, error);
      }
      buffer = fitted(buffer, length, waited);
      if (buffer.length > SMALL && turns.spend(length)) await turns.next(buffer.length);
    }
    if (!delivering) this.#discarding = false;
    // If the other direction has ended as well, the caller's `close` does this at a third of the cost.
    else if (this.#running === 2) await to.closeWrite().catch(() => {});
    this.#running--;
    this.#watchHalf();
    this.#boundRest();
  }

  /**
   * Sends what goes ahead of the client's bytes, together with those that have already been read. @returns whether the
   * channel took it
   */
  async #introduce(prelude: Uint8Array, from: Stream, to: Stream): Promise<boolean> {
    const ahead = from.bytes?.length ?? 0;
    let first = prelude;
    if (ahead > 0) {
      first = new Uint8Array(prelude.length + ahead);
      first.set(prelude);
      await from.read(first.subarray(prelude.length));
      this.#terms.tap?.("sent", first.subarray(prelude.length));
    }
    try {
      for (let offset = 0; offset < first.length;) {
        const written = await to.write(first.subarray(offset));
        const own = Math.min(written, offset + written - prelude.length);
        if (own > 0) this.#handedOver("sent", own);
        offset += written;
      }
      return true;
    } catch (error) {
      this.#receiverGone("sent", error);
      return false;
    }
  }

  #handedOver(direction: Direction, bytes: number): void {
    this.#terms.watcher.moved(direction, bytes);
    this.#handed |= BIT[direction];
    if (this.#halfClosed || this.#lingering !== undefined) this.lastMove = this.#terms.clock.now();
  }

  /** What still comes for the receiver is dropped. */
  #receiverGone(direction: Direction, error: unknown): void {
    this.#terms.watcher.broke(direction === "sent" ? "rcvd" : "sent", error);
    this.#discarding = true;
    this.#boundRest();
  }

  /** Silence is limited from the end of one direction to the end of the other. */
  #watchHalf(): void {
    const { clock, halfClosed } = this.#terms;
    if (this.#running === 1 && halfClosed.watching) {
      this.#halfClosed = true;
      this.lastMove = clock.now();
      halfClosed.add(this);
    } else if (this.#halfClosed) {
      this.#halfClosed = false;
      halfClosed.delete(this);
    }
  }

  /** Gives a side whose peer is gone some time to take what it is sent and to end. */
  #boundRest(): void {
    if (this.#running === 0) return this.#lingering?.cancel();
    if (!this.#reset && !(this.#running === 1 && this.#discarding)) return;
    this.lastMove = this.#terms.clock.now();
    if (this.#reset) this.#terms.watcher.lingers();
    if (this.#lingering === undefined) this.#linger();
  }

  #linger(): void {
    this.#lingering = this.#terms.clock.at(this.lastMove + LINGER, (known) => {
      if (this.lastMove + LINGER <= known) this.close();
      else this.#linger();
    });
  }

  /** Ends both directions. If nothing else has happened before, they were silent for too long. */
  close(): void {
    this.#terms.watcher.silent();
    this.#streams.forEach(closeQuietly);
  }
}
