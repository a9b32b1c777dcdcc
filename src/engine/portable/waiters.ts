import type { Attempt } from "../../selection/attempt.ts";
import { type ChannelId, NONE } from "../../table/channel_id.ts";
import { Queue } from "../../table/queue/queue.ts";
import type { Table } from "../../table/table.ts";
import type { ServiceSettings } from "../engine.ts";
import type { Alarm, RunningClock } from "../running_clock.ts";
import type { Watch } from "./watch.ts";

/** A client that waits. */
interface Waiter {
  readonly attempt: Attempt;
  /** Ends the waiting; with a channel if it has got one. */
  readonly end: (channel: ChannelId) => void;
}

/** How long a client waits. */
export interface Patience {
  readonly clock: RunningClock;
  /** Seconds in all. */
  readonly seconds: number;
  /** When they are over, by the clock. */
  readonly until: number;
}

/** The clients of one service that wait in its queue. */
export class Waiters {
  readonly #table: Table;
  readonly #watch: Watch;
  readonly #clients = new Map<number, Waiter>();
  #lastKey = 0;
  #called = false;

  constructor(table: Table, watch: Watch) {
    this.#table = table;
    this.#watch = watch;
  }

  /** Makes sure that there is a queue, if clients may wait in one. */
  provide(settings: Pick<ServiceSettings, "queue" | "queueLimit">): void {
    Queue.provide(this.#table, settings, 0, () => this.#wake());
  }

  /**
   * Lets a client wait for a channel with a place. Resolves with it, or with NONE when the time is over or `leave` was
   * called.
   *
   * @param leaving gets `leave`
   * @returns undefined if the client must not wait
   */
  wait(
    attempt: Attempt,
    { clock, seconds, until }: Patience,
    leaving: (leave: (() => void) | undefined) => void,
  ): Promise<ChannelId> | undefined {
    const key = ++this.#lastKey, left = until - clock.now();
    if (left <= 0 || !attempt.wait(key)) return undefined;
    return new Promise((resolve) => {
      const end = (channel: ChannelId) => {
        alarm.cancel();
        this.#clients.delete(key);
        leaving(undefined);
        resolve(channel);
      };
      const expired = () => {
        this.#watch.look();
        if (!attempt.staysHome) {
          attempt.waitEnded();
          return end(NONE);
        }
        const channel = attempt.moveOn();
        if (channel === NONE) alarm = clock.at(until, expired);
        else end(channel);
      };
      let alarm: Alarm = clock.at(attempt.staysHome ? until - seconds * 500 : until, expired);
      this.#clients.set(key, { attempt, end });
      leaving(() => end(NONE));
    });
  }

  /** Soon, since the table may be in the middle of a change. */
  #wake(): void {
    if (this.#called) return;
    this.#called = true;
    queueMicrotask(() => this.#answer());
  }

  /** Passes on those that have been called, the first first. */
  #answer(): void {
    this.#called = false;
    this.#watch.look();
    const queue = this.#table.queue!;
    for (let key = queue.nextCall(); key !== NONE; key = queue.nextCall()) {
      const client = this.#clients.get(key);
      // It has stopped waiting, and leaves the queue in a moment; then the next is called.
      if (client === undefined) continue;
      const channel = client.attempt.called();
      if (channel !== NONE) client.end(channel);
    }
  }
}
