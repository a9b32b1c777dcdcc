import type { RecordState } from "./record_state.ts";

/** Connections that did not end well, in `show failed json`. */
export interface FailuresState {
  /** The last ones that were asked for, the newest last. */
  readonly failed: readonly RecordState[];
  /** How many did not end well since the start, of the services that there are, by how they ended. */
  readonly ended: Readonly<Record<string, number>>;
  /** How many ended faster than they could be written down. */
  readonly lost: number;
}
