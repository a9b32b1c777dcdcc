import type { Groups } from "../../groups/groups.ts";
import { formatChannelAddress } from "../../table/address.ts";
import { type ChannelId, groupOf } from "../../table/channel_id.ts";
import { PROXY } from "../../table/layout.ts";
import { MAX_GROUPS } from "../../table/limits.ts";
import { type End, endNumber, ENDS } from "../../table/records/ends.ts";
import { KIND, type Statistics } from "../../table/statistics/statistics.ts";
import type { Table } from "../../table/table.ts";
import type { ChannelFigures, GroupFigures, ServiceFigures } from "./figures.ts";

/** Strategies by which the client's address alone decides, as `show` calls them. */
const BY_ADDRESS: ReadonlySet<string> = new Set(["Hash", "Stab"]);

/** A service that is watched. */
export interface WatchedService {
  readonly name: string;
  readonly groups: Groups;
  /** Seconds after which silent connections are closed; 0 for never. */
  readonly idleTimeout: number;
  /** Whether channels that say nothing about it get a PROXY header. */
  readonly proxy: boolean;
}

/** What has been counted of a channel so far. */
interface Counts {
  readonly incarnation: number;
  readonly given: number;
  readonly ended: number;
  readonly empty: number;
  readonly brief: number;
  readonly unanswered: number;
}

const NOTHING: Omit<Counts, "incarnation"> = { given: 0, ended: 0, empty: 0, brief: 0, unanswered: 0 };

/** What had been counted of a service at one moment. */
export class Tally {
  /** When, in milliseconds. */
  readonly at: number;
  readonly #service: WatchedService;
  readonly #statistics: Statistics;
  readonly #ends: readonly number[];
  readonly #channels = new Map<ChannelId, Counts>();

  private constructor(service: WatchedService, statistics: Statistics, at: number, ends: readonly number[]) {
    this.at = at;
    this.#service = service;
    this.#statistics = statistics;
    this.#ends = ends;
  }

  /** Counts now. */
  static take(service: WatchedService, statistics: Statistics, at: number): Tally {
    const { table } = service.groups,
      tally = new Tally(service, statistics, at, ENDS.map((end) => statistics.ended(end)));
    for (let group = 0; group < MAX_GROUPS; group++) {
      for (const id of channelsOf(table, group)) tally.#channels.set(id, countsOf(table, statistics, id));
    }
    return tally;
  }

  /** When nothing had happened yet. */
  static nothing(service: WatchedService, statistics: Statistics, at: number): Tally {
    return new Tally(service, statistics, at, ENDS.map(() => 0));
  }

  /** How many connections had ended. */
  get ended(): number {
    return this.#ends.reduce((sum, count) => sum + count, 0);
  }

  /** Whether channels have counts from before the statistics began: a predecessor's. */
  get inherited(): boolean {
    return [...this.#channels.values()].reduce((sum, { ended }) => sum + ended, 0) > this.ended;
  }

  /** What happened since an earlier moment; undefined if counters were set back meanwhile. */
  since(before: Tally): ServiceFigures | undefined {
    const { groups, idleTimeout } = this.#service, { table, strategies } = groups, all: GroupFigures[] = [];
    for (let group = 0; group < MAX_GROUPS; group++) {
      const ids = channelsOf(table, group);
      if (ids.length === 0) continue;
      const channels = ids.map((id) => this.#channel(id, before));
      if (channels.some(({ given, ended }) => given < 0 || ended < 0)) return undefined;
      all.push({
        group,
        byAddress: BY_ADDRESS.has(strategies[table.strategy(group)].label),
        usable: ids.filter((id) => table.usable(id)).length,
        channels,
      });
    }
    const ends = this.#ends.map((count, i) => count - before.#ends[i]);
    return {
      seconds: Math.max(1, Math.round((this.at - before.at) / 1000)),
      idleTimeout,
      groups: all,
      ended: (end?: End) => end === undefined ? ends.reduce((sum, count) => sum + count, 0) : ends[endNumber(end)],
    };
  }

  #channel(id: ChannelId, before: Tally): ChannelFigures {
    const { groups: { table }, proxy: inherited } = this.#service, statistics = this.#statistics;
    const proxy = table.proxy(id),
      now = this.#channels.get(id) ?? { incarnation: -1, ...NOTHING },
      then = before.#channels.get(id);
    const { given, ended, empty, brief } = then?.incarnation === now.incarnation ? then : NOTHING;
    return {
      group: groupOf(id),
      channel: table.numberOf(id),
      address: formatChannelAddress(table.address(id)),
      given: now.given - given,
      ended: now.ended - ended,
      empty: now.empty - empty,
      brief: now.brief - brief,
      unanswered: now.unanswered,
      answers: statistics.answers(groupOf(id)),
      proxy: proxy === PROXY.INHERITED ? inherited : proxy !== PROXY.OFF,
      connectTimes: () => statistics.times(id, KIND.CONNECT),
    };
  }
}

function channelsOf(table: Table, group: number): ChannelId[] {
  return Array.from({ length: table.size(group) }, (_, number) => table.channelAt(group, number));
}

function countsOf(table: Table, statistics: Statistics, id: ChannelId): Counts {
  const { total, failed } = table.counters(id), incarnation = table.incarnation(id), given = Number(total);
  // Most channels of a large group may have had no connection at all.
  if (given === 0) return { incarnation, ...NOTHING };
  const { empty, brief, unanswered } = statistics.trouble(id);
  return { incarnation, given, ended: given - Number(failed) - table.current(id), empty, brief, unanswered };
}
