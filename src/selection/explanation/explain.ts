import { type ChannelId, groupOf, NONE } from "../../table/channel_id.ts";
import { clockOf } from "../../table/clock.ts";
import { MAX_GROUPS } from "../../table/limits.ts";
import type { Wanted } from "../../table/queue/queue.ts";
import { QueueView } from "../../table/queue/queue_view.ts";
import { StickyLane } from "../../table/sticky/sticky_lane.ts";
import type { Table } from "../../table/table.ts";
import { Demands, Search } from "../search.ts";
import { Selection } from "../selection.ts";
import type { SelectionOptions } from "../selection_options.ts";
import { type Client, strategies as builtIn } from "../strategy.ts";
import type { ExplainedAttempt, ExplainedChannel, ExplainedGroup, Explanation, Need, Outcome } from "./explanation.ts";
import { chances, ranks } from "./preferences.ts";

/**
 * What would become of a client that came now: the channels that it would try one after the other, and why it would not
 * try the others. It is found out by choosing, with the very code that chooses for clients, on a copy of the table; so
 * nothing changes, and no thread is asked. A strategy from a file is asked as well, in the calling thread.
 *
 * @param options the service's. `stickyMemory` must be a copy as well, see `StickyTable.copyFor`
 * @param now milliseconds of the clock that the threads' selections have
 */
export function explain(table: Table, options: SelectionOptions, client: Client, now: number): Explanation {
  return new Explaining(table, options, client, now).explanation();
}

const NEEDS: Readonly<Record<Demands, Need>> = {
  [Demands.ALL]: "all",
  [Demands.UP]: "rests",
  [Demands.ENABLED]: "down",
};

class Explaining {
  readonly #table: Table;
  readonly #options: SelectionOptions;
  readonly #client: Client;
  readonly #copy: Table;
  readonly #selection: Selection;
  readonly #search = new Search();
  /** The channel that the client had before, and comes back to. */
  readonly #before: ChannelId;
  /** A bit for each group that is for the client. */
  readonly #usable: number;
  /** Another copy, in which nothing keeps channels out. */
  #ideal: Table | undefined;
  /** A bit for each group whose strategy has drawn lots. */
  #drawn = 0;

  constructor(table: Table, options: SelectionOptions, client: Client, now: number) {
    const copy = this.#copy = table.copy();
    if (table.queue !== undefined) QueueView.of(table.queue, copy);
    this.#table = table;
    this.#client = client;
    const random = () => {
      this.#drawn |= 1 << this.#search.group;
      return 0.5;
    };
    this.#options = { ...options, random, trace: false };
    this.#selection = new Selection(copy, copy.lane(0), this.#options, () => {}, clockOf(() => now));
    this.#before = this.#channelBefore();
    this.#usable = this.#selection.failover.usableBy(client);
  }

  explanation(): Explanation {
    const { failover } = this.#selection, { queue } = this.#copy;
    const tried = this.#tryAll(), home = this.#search.home, then = this.#end();
    const groups = Array.from({ length: MAX_GROUPS }, (_, group) => group)
      .filter((group) => this.#copy.size(group) > 0)
      .map((group) => this.#group(group, tried));
    return {
      outcome: tried.length > 0 ? "channel" : then,
      then,
      attempts: likeliestFirst(tried, groups),
      home: home === NONE ? undefined : home,
      queue: queue === undefined || !failover.waits
        ? undefined
        : { waiting: queue.waiting, limit: failover.queueLimit, seconds: this.#options.queue! },
      groups,
    };
  }

  /** As if each channel failed that is tried. */
  #tryAll(): ExplainedAttempt[] {
    const { failover } = this.#selection, search = this.#search, tried: ExplainedAttempt[] = [];
    search.begin();
    for (;;) {
      const channel = failover.next(search, this.#client);
      if (channel === NONE) return tried;
      tried.push({ channel, need: NEEDS[search.demands], before: channel === this.#before });
      this.#copy.release(channel);
      search.failed(channel);
    }
  }

  /** What becomes of the client when no channel is left. */
  #end(): Exclude<Outcome, "channel"> {
    const { failover } = this.#selection, { queue } = this.#copy, { full } = this.#search;
    if (!this.#selection.takes(this.#client)) return "no-route";
    if (!full) return "none";
    const wanted: Wanted = { groups: 0, own: new Uint8Array(MAX_GROUPS), wary: false };
    const waits = failover.waits && queue !== undefined && queue.waiting < failover.queueLimit;
    return waits && failover.wanted(this.#search, this.#client, wanted) ? "waits" : "full";
  }

  #group(group: number, tried: readonly ExplainedAttempt[]): ExplainedGroup {
    const copy = this.#copy, client = this.#client, index = copy.strategy(group), options = this.#options;
    const strategy = (options.strategies ?? builtIn)[index], { conditions, resting, failover } = this.#selection;
    const usable = (this.#usable >>> group & 1) === 1, chance = (this.#drawn >>> group & 1) === 1;
    const first = tried.find(({ channel, before }) => groupOf(channel) === group && !before);
    // A strategy from a file may remember how often it was asked.
    const isBuiltIn = builtIn.includes(strategy), chooser = { options, client, conditions, resting };
    const ranked = usable && isBuiltIn && strategy.name !== "random"
      ? ranks(this.#ideal ??= this.#table.copy(), group, chooser)
      : undefined;
    const likely = first !== undefined && chance && isBuiltIn
      ? chances(copy, group, strategy, { ...chooser, demands: demandsOf(first.need), looks: this.#drawnChannels })
      : undefined;
    return {
      group,
      strategy: index,
      usable,
      unheard: !usable && client.greeting === undefined && conditions.needsGreeting(copy.condition(group), client),
      owned: strategy.sticky && !options.hashFailover && (strategy.moves !== true || failover.waits),
      chance,
      channels: copy.channels(group).map((id, number) => ({
        ...this.#channel(id),
        rank: ranked?.[number],
        chance: likely?.[number],
      })),
    };
  }

  /** Channels of groups whose strategies have drawn lots. */
  get #drawnChannels(): number {
    let sum = 0;
    for (let group = 0; group < MAX_GROUPS; group++) {
      if ((this.#drawn >>> group & 1) === 1) sum += this.#copy.size(group);
    }
    return sum;
  }

  #channel(id: ChannelId): Omit<ExplainedChannel, "rank" | "chance"> {
    const copy = this.#copy, { resting } = this.#selection;
    return {
      id,
      disabledBy: copy.disabledBy(id),
      current: copy.current(id),
      maxc: copy.maxc(id),
      isFull: !copy.usable(id, -1),
      isClaimed: copy.claimed(id, this.#usable),
      rests: resting?.has(id) ? resting.left(id) : 0,
      failing: copy.failing(id),
      weight: copy.weight(id),
      share: copy.share(id),
      before: id === this.#before,
    };
  }

  #channelBefore(): ChannelId {
    const { sticky = 0, stickyMemory } = this.#options, copy = this.#copy;
    if (sticky === 0 || stickyMemory === undefined) return NONE;
    const lane = new StickyLane(stickyMemory, 0, sticky), id = lane.find(this.#client.address);
    return id !== NONE && copy.has(id) && copy.incarnation(id) === lane.incarnation ? id : NONE;
  }
}

function demandsOf(need: Need): Demands {
  return need === "all" ? Demands.ALL : need === "rests" ? Demands.UP : Demands.ENABLED;
}

/** Where chance decides, the likeliest channels first; all else stays as it is. */
function likeliestFirst(
  tried: readonly ExplainedAttempt[],
  groups: readonly ExplainedGroup[],
): readonly ExplainedAttempt[] {
  const likely = new Map(groups.flatMap(({ channels }) => channels.map(({ id, chance }) => [id, chance] as const)));
  const key = ({ channel, need, before }: ExplainedAttempt) => `${groupOf(channel)} ${need} ${before}`;
  const sorted: ExplainedAttempt[] = [];
  for (let from = 0; from < tried.length;) {
    let end = from + 1;
    while (end < tried.length && key(tried[end]) === key(tried[from])) end++;
    const run = tried.slice(from, end), drawn = likely.get(run[0].channel) !== undefined;
    sorted.push(...drawn ? run.toSorted((a, b) => likely.get(b.channel)! - likely.get(a.channel)!) : run);
    from = end;
  }
  return sorted;
}
