import type { ServiceSetup, Tap } from "../engine.ts";
import type { Places } from "../places.ts";
import type { RunningClock } from "../running_clock.ts";
import type { Connection } from "./connection.ts";
import type { Ledger, RecordedService } from "./ledger.ts";
import type { SlowSearches } from "./slow_searches.ts";
import type { Turns } from "./turns.ts";
import type { Waiters } from "./waiters.ts";
import type { Watch } from "./watch.ts";

/** What connections of all services share. */
export interface Surroundings {
  readonly clock: RunningClock;
  readonly watch: Watch;
  readonly turns: Turns;
  readonly slowSearches: SlowSearches;
  readonly tap: Tap | undefined;
  readonly ledger: Ledger;
  shortage(what: "accept" | "connect", reason: string): void;
}

/** What a connection needs from its service. */
export interface ConnectionHost extends RecordedService {
  readonly engine: Surroundings;
  readonly setup: ServiceSetup;
  readonly places: Places;
  readonly waiters: Waiters;
  /** A client is closed because no channel can take it. */
  turnedAway(): void;
  /** The connection has ended and holds nothing any more. */
  gone(connection: Connection): void;
}
