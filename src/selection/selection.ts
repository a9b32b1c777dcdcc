import type { ChannelId } from "../table/channel_id.ts";
import type { Lane } from "../table/lane.ts";
import { NO_HANDLE, type StickyHandle, StickyLane } from "../table/sticky_lane.ts";
import type { Table } from "../table/table.ts";
import { Attempt } from "./attempt.ts";
import type { SelectionEvent } from "./events.ts";
import { Failover } from "./failover.ts";
import { OwnChannels } from "./own_channels.ts";
import { Resting } from "./resting.ts";
import { sameOptions, type SelectionOptions } from "./selection_options.ts";
import type { Client } from "./strategy.ts";

/** Chooses channels for one thread: makes attempts and takes ended connections back. Synchronous and pure. */
export class Selection {
  /** Byte and connection counters of this thread. */
  readonly lane: Lane;
  /** @internal */ readonly table: Table;
  /** @internal */ readonly failover: Failover;
  /** @internal */ readonly resting: Resting | undefined;
  /** @internal */ readonly own: OwnChannels | undefined;
  /** @internal */ readonly options: SelectionOptions;
  /** @internal */ readonly emit: (event: SelectionEvent) => void;
  readonly #now: () => number;
  readonly #idle: Attempt[] = [];

  /**
   * @param now milliseconds of a clock that never goes back
   * @param before one of the same thread and table, whose channels that rest go on resting
   */
  constructor(
    table: Table,
    lane: Lane,
    options: SelectionOptions,
    emit: (event: SelectionEvent) => void,
    now: () => number = () => performance.now(),
    before?: Selection,
  ) {
    this.table = table;
    this.lane = lane;
    this.options = options;
    this.emit = emit;
    this.#now = now;
    this.resting = options.failTimeout > 0 ? new Resting(table, options.failTimeout, now, before?.resting) : undefined;
    const { sticky = 0, stickyMemory } = options;
    if (sticky > 0 && stickyMemory !== undefined) {
      this.own = new OwnChannels(table, new StickyLane(stickyMemory, lane.number, sticky), this.resting);
    }
    this.failover = new Failover(table, options, this.resting, this.own);
  }

  /** Whether clients come back to their channels, so that `closed` needs the handles of connections. */
  get isSticky(): boolean {
    return this.own !== undefined;
  }

  /**
   * A selection with other options, or this one if they are the same. A channel that rests goes on resting, for the new
   * fail timeout since it failed.
   */
  with(options: SelectionOptions): Selection {
    if (sameOptions(options, this.options)) return this;
    return new Selection(this.table, this.lane, options, this.emit, this.#now, this);
  }

  /** Begins the search for one client: `choose`, then `connected`, `failed` or `withdrawn`, then perhaps `choose` again. */
  begin(client: Client): Attempt {
    const attempt = this.#idle.pop() ?? new Attempt(this);
    attempt.reuse(client);
    return attempt;
  }

  /** Takes back a connection that was `connected` and has ended. @param handle what `connected` returned */
  closed(channel: ChannelId, handle: StickyHandle = NO_HANDLE): void {
    this.own?.end(handle);
    this.lane.returned(channel);
    this.table.release(channel);
  }

  /** @internal Keeps a finished attempt for the next client. */
  recycle(attempt: Attempt): void {
    this.#idle.push(attempt);
  }
}
