import type { RunningClock } from "../running_clock.ts";
import { Expiring } from "./expiring.ts";
import type { Listed } from "./roster.ts";

/** Part of the time by which a silent connection may be closed late. */
const LATE = 1 / 20;

/** A connection of which one direction has ended. */
export interface HalfClosedConnection extends Listed {
  /** When something moved last, or the direction ended: milliseconds of the engine's clock. */
  readonly lastMove: number;
  close(): void;
}

/** Closes half-closed connections that are silent. Nearly every connection is half-closed, briefly. */
export class HalfClosed extends Expiring<HalfClosedConnection> {
  /** Whether there is anything to do. */
  readonly watching: boolean;

  /** @param seconds of silence after which they are closed, 0 for never */
  constructor(clock: RunningClock, seconds: number) {
    const limit = seconds * 1000;
    super(clock, ({ lastMove }) => lastMove + limit, (connection) => connection.close(), limit * LATE);
    this.watching = limit > 0;
  }
}
