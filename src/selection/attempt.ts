import { formatAddress, formatHost } from "../table/address.ts";
import { type ChannelId, NONE } from "../table/channel_id.ts";
import { NO_HANDLE, type StickyHandle } from "../table/sticky/sticky_lane.ts";
import type { Target } from "../table/addresses.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import type { Leaving, Ticket, Wanted } from "../table/queue/queue.ts";
import { Attempts } from "../table/records/attempts.ts";
import { END, type EndNumber } from "../table/records/ends.ts";
import { RESULT, type ResultNumber, RESULTS } from "../table/records/results.ts";
import { DisabledBy } from "../table/table.ts";
import type { Cause } from "./cause.ts";
import { Search } from "./search.ts";
import type { Selection } from "./selection.ts";
import type { Client } from "./strategy.ts";

/** What a client wants, for the moment in which the queue is told. */
const WANTED: Wanted = { groups: 0, own: new Uint8Array(MAX_GROUPS), wary: false };

/**
 * One client's search for a channel, from accept to established. After `connected`, `abandon` or `clientLeft` the
 * attempt serves another client; until the next `Selection.begin`, what it says about times and attempts may be read.
 *
 *     choose ─→ connected
 *        ↑ └──→ failed or withdrawn ─┐
 *        └───────────────────────────┘      choose → NONE: abandon; or, after a shortage or at a limit, wait and retry
 *
 *     choose → NONE, full ─→ wait ─→ called or moveOn, as good as choose; or waitEnded ─→ abandon
 */
export class Attempt {
  /** Whether a failure since the last `retry` was a shortage on this machine, so that waiting may help. */
  shortage = false;
  /** The channels that were tried, once one has failed. */
  attempts: Attempts | undefined;
  /**
   * Milliseconds that the client has waited in the queue; -1 if it has not. Like the other times, it begins as a number
   * that is no integer, so that V8 has a place for such numbers, and later ones are not allocated.
   */
  queueMs = NaN;
  /** Milliseconds that the channel took to accept; -1 if none has. */
  connectMs = NaN;
  readonly #selection: Selection;
  readonly #search = new Search();
  #client!: Client;
  #channel: ChannelId = NONE;
  /** The channel's address when it was chosen. The outcome of this connect says nothing about a later address. */
  #target!: Target;
  /** Its place in the queue, while it waits there. */
  #ticket: Ticket | undefined;
  /** Its turn there, once it has waited. */
  #turn: number | undefined;
  /** Number of the trial, if the channel was failing and channels rest. */
  #trial: number | undefined;
  /** When the trial before that was. */
  #triedBefore = 0;
  /** When the channel was chosen, and when the client began to wait: -1 while it does not. */
  #since = NaN;
  #waitsSince = NaN;
  /** Whether it would have waited, but too many did; and whether it has waited as long as it may. */
  #queueFull = false;
  #timedOut = false;

  /** Use `Selection.begin`. */
  constructor(selection: Selection) {
    this.#selection = selection;
  }

  /** @internal */
  reuse(client: Client): void {
    this.#client = client;
    this.#channel = NONE;
    this.#search.begin();
    this.#ticket = this.#turn = undefined;
    this.shortage = this.#queueFull = this.#timedOut = false;
    this.attempts = undefined;
    this.queueMs = this.connectMs = this.#waitsSince = -1;
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
    const id = this.#selection.failover.next(this.#search, this.#client);
    if (id === NONE) {
      this.#channel = NONE;
      this.#trace("no usable channel");
      return NONE;
    }
    return this.#chosen(id, "chosen");
  }

  /** Whether the client waits in the queue. */
  get waits(): boolean {
    return this.#ticket !== undefined;
  }

  /**
   * After NONE with `full`: puts the client into the service's queue, or back to where it was if it has been there
   * before. The engine then calls `called` when it is called. `retry` has been called implicitly.
   *
   * @param key what the queue will call it
   * @returns false if nobody waits, or too many
   */
  wait(key: number): boolean {
    const { table: { queue }, failover } = this.#selection;
    if (queue === undefined || !failover.waits) return false;
    // The groups where it met a full channel may be for others by now.
    if (!failover.wanted(this.#search, this.#client, WANTED)) return false;
    this.#ticket = queue.join(key, WANTED, failover.queueLimit, this.#turn);
    this.#queueFull = this.#ticket === undefined;
    if (this.#ticket === undefined) return false;
    this.#turn = queue.turnOf(this.#ticket);
    this.#waitsSince = this.#selection.now();
    this.retry();
    this.#trace("waits");
    return true;
  }

  /**
   * The waiting client was called: reserves the channel that it was called for and returns it. NONE if the place is
   * gone, or groups are for other clients than before; the client then goes on waiting.
   */
  called(): ChannelId {
    const { table, failover } = this.#selection, queue = table.queue!, ticket = this.#ticket!;
    const id = queue.channelOf(ticket), reserved = id !== NONE && failover.reserve(this.#search, this.#client, id);
    if (reserved) {
      queue.answered(ticket, true);
      this.#ticket = undefined;
      return this.#chosen(id, "called");
    }
    if (id !== NONE && !queue.isOutdated(ticket)) queue.answered(ticket, false);
    else {
      this.retry();
      failover.wanted(this.#search, this.#client, WANTED);
      if (id === NONE) queue.want(ticket, WANTED);
      else queue.answered(ticket, false, WANTED);
      this.retry();
    }
    return NONE;
  }

  /**
   * The client has waited long enough for its own channel: from now on it takes any, as with `-H`. Returns one that
   * nobody waits for, reserved, or NONE; the client then goes on waiting.
   */
  moveOn(): ChannelId {
    const { table, failover } = this.#selection, queue = table.queue!;
    this.#search.mayMove = true;
    this.retry();
    const id = this.choose();
    if (id !== NONE) {
      this.#stopWaiting("served");
      return id;
    }
    this.retry();
    failover.wanted(this.#search, this.#client, WANTED);
    queue.want(this.#ticket!, WANTED);
    return NONE;
  }

  /** Whether there are channels that the client would take only after `moveOn`. */
  get staysHome(): boolean {
    return this.#selection.failover.isHome(this.#search, this.#client);
  }

  /** The waiting client has waited as long as it may. `abandon` must follow. */
  waitEnded(): void {
    this.#trace("has waited in vain");
    this.#stopWaiting("timed out");
    this.#timedOut = true;
  }

  /** How the connection ends if the last choice was NONE: what kept the client from having a channel. */
  get end(): EndNumber {
    if (this.shortage) return END.LOCAL;
    if (this.#timedOut) return END.QUEUE_TIMEOUT;
    if (this.#queueFull) return END.QUEUE_FULL;
    if (this.#search.full) return this.#turn === undefined ? END.ALL_FULL : END.QUEUE_TIMEOUT;
    return endAfter(this.attempts?.lastFault?.result);
  }

  /** What its record says as `detail` then: the errno of the failure that `end` is about, 0 if there is none. */
  get detail(): number {
    const { end, attempts } = this;
    if (attempts === undefined) return 0;
    if (end === END.LOCAL) return attempts.list.at(-1)!.errno;
    return end === endAfter(attempts.lastFault?.result) ? attempts.lastFault?.errno ?? 0 : 0;
  }

  /** When the channel was chosen, by the clock of the selection. */
  get since(): number {
    return this.#since;
  }

  /** The chosen channel accepted the connection. @returns what `Selection.closed` needs when the connection has ended */
  connected(): StickyHandle {
    const { table, emit, clock } = this.#selection, channel = this.#channel, { sequence, address } = this.#target;
    if (table.setFailing(channel, false, sequence) && !table.isChecked(channel)) {
      emit({ type: "channel-back", channel, address });
    }
    this.#trace("connected");
    clock.look();
    this.connectMs = clock.time[0] - this.#since;
    this.attempts?.add(channel, RESULT.CONNECTED, 0, this.connectMs);
    this.#selection.statistics?.connected(channel, this);
    const handle = this.#selection.own?.note(this.#client, channel) ?? NO_HANDLE;
    this.#selection.recycle(this);
    return handle;
  }

  /** The chosen channel could not be reached. @param errno 0 if there is none */
  failed(cause: Cause, reason: string, result: ResultNumber = RESULT.OTHER, errno = 0): void {
    const { table, lane, options, emit, resting } = this.#selection, channel = this.#channel;
    const { sequence, address } = this.#target;
    this.#trace(`failed: ${reason}`);
    // Counted first: once given back, the row may become another channel's.
    this.#note(cause === "channel" ? result : RESULT.LOCAL, errno);
    if (cause !== "channel") lane.untried(channel);
    else lane.failed(channel);
    this.#giveBack();
    if (cause !== "channel") {
      if (this.#trial !== undefined) resting!.untried(channel, this.#trial, this.#triedBefore);
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
    else if (news) emit({ type: "channel-failing", channel, address, reason, result: RESULTS[result] });
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
    this.#note(RESULT.WITHDRAWN, 0);
    lane.untried(channel);
    this.#giveBack();
    if (this.#trial !== undefined) resting!.untried(channel, this.#trial, this.#triedBefore);
    this.#search.failed(channel);
  }

  /** Looks for a channel again, after a wait, among those that this client has not seen fail. */
  retry(): void {
    this.#search.retry();
    this.shortage = false;
  }

  /** Ends the attempt without a connection and gives back what it holds. */
  abandon(): void {
    this.#stopWaiting("closed");
    if (this.#channel !== NONE) {
      this.#note(RESULT.WITHDRAWN, 0);
      this.#giveBack();
    }
    this.#selection.recycle(this);
  }

  /** Ends the attempt because its client has left. The channel being connected is not to blame. */
  clientLeft(): void {
    this.#trace("client has left");
    this.#stopWaiting("left");
    this.abandon();
  }

  #chosen(id: ChannelId, step: string): ChannelId {
    const { table, lane, resting, statistics, clock } = this.#selection, { time } = clock;
    this.#channel = id;
    this.#target = table.target(id);
    lane.taken(id);
    clock.look();
    this.#since = time[0];
    if (this.#waitsSince >= 0) this.#waited(time[0]);
    statistics?.taken(id, time);
    this.#trial = resting?.tried(id);
    if (this.#trial !== undefined) this.#triedBefore = resting!.before;
    this.#trace(step);
    return id;
  }

  #stopWaiting(why: Leaving): void {
    if (this.#ticket === undefined) return;
    this.#selection.table.queue!.leave(this.#ticket, why);
    this.#ticket = undefined;
    if (this.#waitsSince >= 0) this.#waited(this.#selection.now());
  }

  /** The client has waited until now. */
  #waited(now: number): void {
    this.queueMs = Math.max(0, this.queueMs) + now - this.#waitsSince;
    this.#waitsSince = -1;
  }

  /** An attempt has come to nothing. */
  #note(result: ResultNumber, errno: number): void {
    const { statistics } = this.#selection, time = this.#selection.now();
    (this.attempts ??= new Attempts()).add(this.#channel, result, errno, time - this.#since);
    statistics?.attemptFailed(this.#channel, result, errno, time);
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

/** How a connection ends whose last attempt failed so. @param result undefined if there was none */
function endAfter(result: ResultNumber | undefined): EndNumber {
  switch (result) {
    case RESULT.REFUSED:
    case RESULT.RESET:
      return END.REFUSED;
    case RESULT.TIMEOUT:
      return END.CONNECT_TIMEOUT;
    case RESULT.UNREACHABLE:
    case RESULT.OTHER:
      return END.UNREACHABLE;
    default:
      return END.NO_CHANNEL;
  }
}
