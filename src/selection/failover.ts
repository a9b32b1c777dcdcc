import { type ChannelId, groupOf, NONE, rowOf } from "../table/channel_id.ts";
import { MAX_GROUPS, MAX_WAITING } from "../table/limits.ts";
import { isConditional, type Order, sizeOf } from "../table/order.ts";
import type { Wanted } from "../table/queue/queue.ts";
import type { Table } from "../table/table.ts";
import { Conditions } from "./conditions.ts";
import { GroupCandidates } from "./group_candidates.ts";
import type { OwnChannels } from "./own_channels.ts";
import type { Resting } from "./resting.ts";
import { Demands, type Search } from "./search.ts";
import { type Client, strategies, type Strategy } from "./strategy.ts";

/** Another thread has taken the turn or the channel, or the group has another order, in the meantime: look again. */
const OUTRUN: ChannelId = -2;

/**
 * Finds the next channel for a connection: the one that the client had before, or, group after group, the one that the
 * group's strategy chooses among the candidates. Reserves it, and asks again when another thread was faster.
 */
export class Failover {
  /** Whether clients wait for a channel that is full. */
  readonly waits: boolean;
  /** Most clients that may wait at the same time. */
  readonly queueLimit: number;
  readonly #table: Table;
  readonly #strategies: readonly Strategy[];
  readonly #candidates: GroupCandidates;
  readonly #own: OwnChannels | undefined;
  readonly #conditions: Conditions;

  /** @param options `random`: numbers from 0 to just below 1, default `Math.random` */
  constructor(
    table: Table,
    options: {
      hashFailover: boolean;
      queue?: number;
      queueLimit?: number;
      slowStart?: number;
      strategies?: readonly Strategy[];
      random?: () => number;
    },
    { resting, own, conditions = new Conditions() }: {
      readonly resting?: Resting;
      readonly own?: OwnChannels;
      readonly conditions?: Conditions;
    } = {},
  ) {
    this.#table = table;
    this.#own = own;
    this.#conditions = conditions;
    this.waits = options.queue !== undefined && options.queue > 0;
    this.queueLimit = options.queueLimit ?? MAX_WAITING;
    this.#strategies = options.strategies ?? strategies;
    const { hashFailover: mayMove, slowStart = 0, random = Math.random } = options;
    this.#candidates = new GroupCandidates(table, { mayMove, slowStart: slowStart > 0, random }, resting);
  }

  /**
   * Reserves the next channel of the search and returns it, or NONE when no group has any left, or the client is to wait
   * for the one that it had. When all that is left rests or is down, that is better than none. Groups that are not for
   * this client are passed over.
   */
  next(search: Search, client: Client): ChannelId {
    if (!this.#conditions.any || search.isOver) return this.#next(search, client);
    const { changes } = this.#table;
    for (;;) {
      // Groups may change whose is whose: a client must not fall between them.
      const { version } = changes, id = this.#next(search, client);
      if (changes.isStill(version)) return id;
      if (id !== NONE) this.#table.release(id);
      search.again(id);
    }
  }

  #next(search: Search, client: Client): ChannelId {
    do {
      if (this.#own !== undefined && search.ownFirst) {
        const id = this.#own.take(search, client, this.#waitsAtHome(search));
        if (id !== NONE || search.home !== NONE) return id;
      }
      for (; search.group < MAX_GROUPS; search.group++) {
        const table = this.#table, order = table.order(search.group);
        // Checked first, so that hundreds of disabled channels cost next to nothing.
        const downToo = search.demands === Demands.ENABLED;
        if (!table.anyEnabled(search.group, order, downToo) && table.confirmOrder(search.group, order)) continue;
        const id = this.#inGroup(search, client, order);
        if (id === NONE) continue;
        search.trying(id);
        return id;
      }
    } while (this.#lowerDemands(search, client));
    return NONE;
  }

  /**
   * Reserves a channel that the client was called for; false if it has no place any more, or its group is for others by
   * now.
   */
  reserve(search: Search, client: Client, id: ChannelId): boolean {
    const table = this.#table, group = groupOf(id);
    for (;;) {
      const order = table.order(group);
      if (!this.#isFor(client, group, order) || table.numberOf(id, order) === NONE) return false;
      const ignoring = table.disabledBy(id) === 0 ? 0 : table.ignorable(this.usableBy(client));
      if (!table.reserve(id, ignoring)) return false;
      if (table.order(group) === order) break;
      table.release(id);
    }
    search.trying(id);
    return true;
  }

  /** A bit for each group that a client may use at this moment. */
  usableBy(client: Client): number {
    const table = this.#table;
    let usable = -1;
    for (let group = 0; group < MAX_GROUPS; group++) {
      const order = table.order(group);
      if (this.#isFor(client, group, order)) continue;
      if (table.confirmOrder(group, order)) usable &= ~(1 << group);
      // Another order meanwhile: look again.
      else group--;
    }
    return usable;
  }

  /** Whether a client may use a group that has this order. Believe it only if the group still has it afterwards. */
  #isFor(client: Client, group: number, order: Order): boolean {
    return !isConditional(order) || this.#conditions.met(this.#table.condition(group, order), client);
  }

  /** Whether a client that waits has a channel of its own, in some group at least, and does not take the others. */
  isHome(search: Search, client: Client): boolean {
    if (search.home !== NONE) return true;
    const table = this.#table;
    for (let group = 0; group < MAX_GROUPS; group++) {
      const order = table.order(group);
      if (sizeOf(order) === 0 || !this.#staysHome(this.#strategies[table.strategy(group)], search)) continue;
      if (this.#isFor(client, group, order)) return true;
    }
    return false;
  }

  /**
   * Fills in what a client waits for: only the channel that it had, or any of the groups that it may use, but of some of
   * these only its own.
   *
   * @returns whether there is a channel that it may use
   */
  wanted(search: Search, client: Client, wanted: Wanted): boolean {
    if (!this.#conditions.any) return this.#wanted(search, client, wanted);
    const { changes } = this.#table;
    for (;;) {
      // As in `next`: whoever falls between the groups would be turned away.
      const { version } = changes, any = this.#wanted(search, client, wanted);
      if (changes.isStill(version)) return any;
    }
  }

  #wanted(search: Search, client: Client, wanted: Wanted): boolean {
    const table = this.#table, candidates = this.#candidates;
    // First: if it is another number when the client joins, any of the following may be wrong.
    wanted.asked = table.queue?.asked;
    wanted.usable = this.usableBy(client);
    wanted.wary = search.wary;
    wanted.groups = 0;
    if (search.home !== NONE && (wanted.usable >>> groupOf(search.home) & 1) === 0) search.home = NONE;
    wanted.home = search.home !== NONE;
    if (wanted.home) {
      wanted.own.fill(0);
      wanted.own[groupOf(search.home)] = rowOf(search.home) + 1;
      return true;
    }
    let any = false;
    for (search.group = 0; search.group < MAX_GROUPS; search.group++) {
      const { group } = search, strategy = this.#strategies[table.strategy(group)], order = table.order(group);
      wanted.own[group] = 0;
      if ((wanted.usable >>> group & 1) === 0) continue;
      any ||= sizeOf(order) > 0;
      if (sizeOf(order) === 0 || !this.#staysHome(strategy, search)) {
        wanted.groups |= 1 << group;
        continue;
      }
      candidates.of(search, order, table.cursor(group), strategy).fullToo = true;
      const number = strategy.choose(candidates, client);
      if (number >= 0) wanted.own[group] = rowOf(table.channelAt(group, number, order)) + 1;
    }
    return any;
  }

  /** Begins again with lower demands, if that may help. */
  #lowerDemands(search: Search, client: Client): boolean {
    if (!search.lowerDemands(this.#table)) return false;
    if (search.demands === Demands.ENABLED) search.usable = this.usableBy(client);
    return true;
  }

  /** Whether a client waits for the channel that it had if that is only full, as long as others may join the queue. */
  #waitsAtHome(search: Search): boolean {
    if (!this.waits || search.demands !== Demands.ALL || this.#candidates.mayMoveIn(search)) return false;
    const { queue } = this.#table;
    return queue !== undefined && queue.waiting < this.queueLimit;
  }

  /** Whether a client would rather wait for its own channel, if that is full, than take another of the group. */
  #staysHome(strategy: Strategy, search: Search): boolean {
    return this.waits && strategy.sticky && !this.#candidates.mayMoveIn(search);
  }

  /** The group's next channel, first in `order`, and in later ones while it changes; NONE if the group is for others. */
  #inGroup(search: Search, client: Client, order: Order): ChannelId {
    const table = this.#table, group = search.group;
    for (;; order = table.order(group)) {
      const none = sizeOf(order) === 0 || !this.#isFor(client, group, order);
      const id = none ? NONE : this.#choose(search, client, order);
      // A channel was reserved in this order. That there is none is true only if it is still the order.
      if (id !== OUTRUN && (id !== NONE || table.confirmOrder(group, order))) return id;
    }
  }

  /** Reserves what the strategy chooses. Returns NONE or OUTRUN if it cannot. */
  #choose(search: Search, client: Client, order: Order): ChannelId {
    const table = this.#table,
      group = search.group,
      cursor = table.cursor(group);
    const strategy = this.#strategies[table.strategy(group)];
    const candidates = this.#candidates.of(search, order, cursor, strategy),
      staysHome = this.#staysHome(strategy, search);
    candidates.fullToo = staysHome;
    const number = strategy.choose(candidates, client);
    if (number < 0) return NONE;
    if (staysHome && !candidates.hasPlace(table.channelAt(group, number, order))) {
      search.full = true;
      return NONE;
    }
    // The turn is claimed before the channel, so that two threads at the same cursor never take the same channel.
    if (strategy.rotates && !table.moveCursor(group, cursor, candidates.turnAfter(number))) {
      return OUTRUN;
    }
    const id = table.channelAt(group, number, order);
    if (!table.reserve(id, search.ignoring)) return OUTRUN;
    if (table.order(group) === order) return id;
    // It may have been removed before it was reserved; the row may even be another channel's by now.
    table.release(id);
    return OUTRUN;
  }
}
