import type { Alarm, RunningClock } from "../running_clock.ts";
import { type Listed, Roster } from "./roster.ts";

/** Part of the time by which a silent connection may be closed late, so that the roster is not gone through too often. */
const LATE = 1 / 20;

/** A connection of which one direction has ended. */
export interface HalfClosedConnection extends Listed {
  /** When something moved last, or the direction ended: milliseconds of the engine's clock. */
  readonly lastMove: number;
  close(): void;
}

/** Closes half-closed connections that are silent. One timer serves all of them: nearly every connection is one, briefly. */
export class HalfClosed {
  readonly #clock: RunningClock;
  readonly #limit: number;
  readonly #connections = new Roster<HalfClosedConnection>();
  #alarm: Alarm | undefined;

  /** @param seconds of silence after which they are closed, 0 for never */
  constructor(clock: RunningClock, seconds: number) {
    this.#clock = clock;
    this.#limit = seconds * 1000;
  }

  /** Whether there is anything to do. */
  get watching(): boolean {
    return this.#limit > 0;
  }

  /** One direction has ended. */
  add(connection: HalfClosedConnection): void {
    this.#connections.add(connection);
    this.#alarm ??= this.#set(connection.lastMove + this.#limit);
  }

  /** The connection has ended. */
  delete(connection: HalfClosedConnection): void {
    this.#connections.delete(connection);
  }

  /** Gives up the timer, which otherwise stays for a while after the last connection. */
  clear(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  /** Closed ones stay on the roster until they have ended. */
  #expire(known: number): void {
    let next = Infinity;
    for (const connection of this.#connections.all()) {
      const end = connection.lastMove + this.#limit;
      if (end > known) next = Math.min(next, end);
      else connection.close();
    }
    this.#alarm = next === Infinity ? undefined : this.#set(Math.max(next, known + this.#limit * LATE));
  }

  #set(due: number): Alarm {
    return this.#clock.at(due, (known) => this.#expire(known));
  }
}
