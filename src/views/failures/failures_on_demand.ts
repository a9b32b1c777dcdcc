import type { FailuresState } from "../../state/failures_state.ts";
import type { RecordState } from "../../state/record_state.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { ENDS } from "../../table/records/ends.ts";
import type { DescribedService } from "../records/describe.ts";
import type { FailureQuery, Failures } from "./failures.ts";

/** Records that are kept while the code for them is loaded. */
const MOST_EARLY = 1_000;

/**
 * Remembers the last connections that did not end well. Most of what it takes is loaded with the first of them, or when
 * somebody asks.
 */
export class FailuresOnDemand {
  readonly #now: () => number;
  #failures: Failures | undefined;
  #loading: Promise<Failures> | undefined;
  #early: [ConnectionRecord, DescribedService][] = [];

  /** @param now the engine's clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Gets the record of a connection that has ended. */
  readonly record = (record: ConnectionRecord, service: DescribedService): void => {
    if (record.end === "closed") return;
    if (this.#failures !== undefined) return this.#failures.add(record, service);
    if (this.#early.length < MOST_EARLY) this.#early.push([record, service]);
    // If the code cannot be loaded now, the next record tries again.
    this.#load().catch(() => {});
  };

  /** The last ones. @param services those that there are @param lost records that did not reach this */
  async state(query: FailureQuery, services: readonly DescribedService[], lost: number): Promise<FailuresState> {
    const failed = (await this.#load()).list(query), statistics = services.map(({ groups }) => groups.table.statistics);
    const counts = ENDS.filter((end) => end !== "closed").map((end) =>
      [end, statistics.reduce((sum, one) => sum + (one?.ended(end) ?? 0), 0)] as const
    );
    return { failed, ended: Object.fromEntries(counts.filter(([, count]) => count > 0)), lost };
  }

  /** The one with this id; undefined if it is not kept. */
  async find(id: number): Promise<RecordState | undefined> {
    return (await this.#load()).find(id);
  }

  #load(): Promise<Failures> {
    return this.#loading ??= import("./failures.ts").then(({ Failures }) => {
      const failures = this.#failures = new Failures(this.#now);
      for (const [record, service] of this.#early) failures.add(record, service);
      this.#early = [];
      return failures;
    }).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
  }
}
