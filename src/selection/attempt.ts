import { formatAddress, formatHost } from "../table/address.ts";
import { type ChannelId, NONE } from "../table/channel_id.ts";
import type { Lane } from "../table/lane.ts";
import type { Target } from "../table/addresses.ts";
import { DisabledBy, type Table } from "../table/table.ts";
import type { Cause } from "./cause.ts";
import type { SelectionEvent } from "./events.ts";
import { Failover } from "./failover.ts";
import { Resting } from "./resting.ts";
import { Search } from "./search.ts";
import type { Client, Strategy } from "./strategy.ts";

export type { Cause };

/** How channels are chosen; the command line's `-a`, `-H` and `--fail-timeout`. */
export interface SelectionOptions {
  /** Disable a channel whose connect fails. */
  readonly autodisable: boolean;
  /** Let sticky strategies move on inside the group. */
  readonly hashFailover: boolean;
  /** Seconds for which a channel is skipped after a failed connect, as long as another is available; 0 for none. */
  readonly failTimeout: number;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** Replaces the built-in strategies; the index is what the table's groups refer to. */
  readonly strategies?: readonly Strategy[];
}

/** Chooses channels for one thread: makes attempts and takes ended connections back. Synchronous and pure. */
export class Selection {
  /** Byte and connection counters of this thread. */
  readonly lane: Lane;
  /** @internal */ readonly table: Table;
  /** @internal */ readonly failover: Failover;
  /** @internal */ readonly resting: Resting | undefined;
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
    this.failover = new Failover(table, options, this.resting);
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

  /** Takes back a connection that was `connected` and has ended. */
  closed(channel: ChannelId): void {
    this.lane.returned(channel);
    this.table.release(channel);
  }

  /** @internal Keeps a finished attempt for the next client. */
  recycle(attempt: Attempt): void {
    this.#idle.push(attempt);
  }
}

function sameOptions(one: SelectionOptions, other: SelectionOptions): boolean {
  return one.autodisable === other.autodisable && one.hashFailover === other.hashFailover &&
    one.failTimeout === other.failTimeout && one.trace === other.trace && one.strategies === other.strategies;
}

/**
 * One client's search for a channel, from accept to established. After `connected`, `abandon` or `clientLeft` the
 * attempt must not be touched again: it serves another client.
 *
 *     choose ─→ connected
 *        ↑ └──→ failed or withdrawn ─┐
 *        └───────────────────────────┘      choose → NONE: abandon; or, after a shortage or at a limit, wait and retry
 */
export class Attempt {
  /** Whether a failure since the last `retry` was a shortage on this machine, so that waiting may help. */
  shortage = false;
  readonly #selection: Selection;
  readonly #search = new Search();
  #client!: Client;
  #channel: ChannelId = NONE;
  /** The channel's address when it was chosen. The outcome of this connect says nothing about a later address. */
  #target!: Target;
  /** Number of the trial, if the channel was failing and channels rest. */
  #trial: number | undefined;

  /** Use `Selection.begin`. */
  constructor(selection: Selection) {
    this.#selection = selection;
  }

  /** @internal */
  reuse(client: Client): void {
    this.#client = client;
    this.#channel = NONE;
    this.#search.begin();
    this.shortage = false;
  }

  /**
   * Whether `choose` met a channel that it would have returned if not for its limit. Then, after NONE, a place may come
   * free soon.
   */
  get full(): boolean {
    return this.#search.full;
  }

  /**
   * Reserves the next channel and returns it; NONE when all have been tried or the machine lacks something that every
   * connect needs.
   */
  choose(): ChannelId {
    const { table, failover, lane, resting } = this.#selection;
    const id = this.#channel = failover.next(this.#search, this.#client);
    if (id !== NONE) {
      this.#target = table.target(id);
      lane.taken(id);
      this.#trial = resting?.tried(id);
    }
    this.#trace(id === NONE ? "no usable channel" : "chosen");
    return id;
  }

  /** The chosen channel accepted the connection. */
  connected(): void {
    const { table, emit } = this.#selection, channel = this.#channel, { sequence, address } = this.#target;
    if (table.setFailing(channel, false, sequence) && !table.isChecked(channel)) {
      emit({ type: "channel-back", channel, address });
    }
    this.#trace("connected");
    this.#selection.recycle(this);
  }

  /** The chosen channel could not be reached. */
  failed(cause: Cause, reason: string): void {
    const { table, lane, options, emit, resting } = this.#selection, channel = this.#channel;
    const { sequence, address } = this.#target;
    this.#trace(`failed: ${reason}`);
    // Counted first: once given back, the row may become another channel's.
    if (cause !== "channel") lane.untried(channel);
    else lane.failed(channel);
    this.#giveBack();
    if (cause !== "channel") {
      if (this.#trial !== undefined) resting!.untried(channel, this.#trial);
      this.shortage = true;
      if (cause === "machine") this.#search.end();
      return;
    }
    this.#search.failed(channel);
    if (table.addressSequence(channel) !== sequence) return;
    // First, so that a thread that sees the channel as failing also sees that it was tried.
    resting?.failed(channel);
    const news = table.setFailing(channel, true, sequence);
    if (table.isChecked(channel)) this.#tellChecks(channel, reason);
    else if (news) emit({ type: "channel-failing", channel, address, reason });
    if (options.autodisable && table.disableAt(channel, DisabledBy.MACHINE, sequence)) {
      emit({ type: "channel-autodisabled", channel, address, reason });
    }
  }

  /** Reports the failure to the health checks, unless they know that the channel is down. */
  #tellChecks(channel: ChannelId, reason: string): void {
    const { table, emit } = this.#selection, { sequence, address } = this.#target;
    if ((table.disabledBy(channel) & DisabledBy.DOWN) !== 0) return;
    emit({ type: "connect-failed", channel, address, sequence, reason });
  }

  /** The chosen channel is not to get this client after all. It is not to blame, and this search does not try it again. */
  withdrawn(): void {
    const { lane, resting } = this.#selection, channel = this.#channel;
    this.#trace("withdrawn");
    lane.untried(channel);
    this.#giveBack();
    if (this.#trial !== undefined) resting!.untried(channel, this.#trial);
    this.#search.failed(channel);
  }

  /** Looks for a channel again, after a wait, among those that this client has not seen fail. */
  retry(): void {
    this.#search.retry();
    this.shortage = false;
  }

  /** Ends the attempt without a connection and gives back what it holds. */
  abandon(): void {
    if (this.#channel !== NONE) this.#giveBack();
    this.#selection.recycle(this);
  }

  /** Ends the attempt because its client has left. The channel being connected is not to blame. */
  clientLeft(): void {
    this.#trace("client has left");
    this.abandon();
  }

  #giveBack(): void {
    this.#selection.lane.returned(this.#channel);
    this.#selection.table.release(this.#channel);
    this.#channel = NONE;
  }

  #trace(step: string): void {
    if (!this.#selection.options.trace) return;
    const client = formatAddress({ host: formatHost(this.#client.address), port: this.#client.port });
    const channel = this.#channel, { emit } = this.#selection;
    if (channel === NONE) emit({ type: "trace", client, channel, step });
    else emit({ type: "trace", client, channel, address: this.#target.address, step });
  }
}
