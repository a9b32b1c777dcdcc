import type { ChannelActivityState, ChannelConditionState, TimesState } from "../state/channel_state.ts";
import type { MinuteState, ServiceActivityState } from "../state/service_state.ts";
import { conditionOf, WELL } from "../state/troubles.ts";
import type { Counters } from "../table/counter.ts";
import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import { attemptReason } from "../table/records/attempt_reason.ts";
import { ENDS } from "../table/records/ends.ts";
import { KIND, type Statistics } from "../table/statistics/statistics.ts";
import type { Groups } from "./groups.ts";
import type { ChannelSnapshot, GroupSnapshot } from "./snapshot.ts";

/** Counters as numbers where these are exact, below 2^53: thousands of them become text in a fraction of the time. */
type Counted = { readonly [Key in keyof Counters]: number | bigint };

/** One channel at one moment, and how its connections fare. */
export interface ChannelReport
  extends Omit<ChannelSnapshot, keyof Counters>, Counted, ChannelActivityState, ChannelConditionState {}

/** One group at one moment, and how its connections fare. */
export interface GroupReport extends Omit<GroupSnapshot, "channels"> {
  readonly channels: readonly ChannelReport[];
}

/** All groups of a service that have channels, and how connections fare, at this moment. */
export function reportOf(groups: Groups): ServiceActivityState & { readonly groups: GroupReport[] } {
  const report = new Report(groups);
  return { ...report.service(), groups: [...report.groups()] };
}

function counted({ total, failed, sent, rcvd }: Counters): Counted {
  return { total: exact(total), failed: exact(failed), sent: exact(sent), rcvd: exact(rcvd) };
}

function exact(count: bigint): number | bigint {
  const number = Number(count);
  return Number.isSafeInteger(number) ? number : count;
}

/**
 * How the connections of a service fare. Whoever has many to report takes the groups one at a time, and gives others
 * their turn in between.
 */
export class Report {
  readonly #groups: Groups;
  /** The engine's clock, and the wall clock, when something was read last. */
  #now = 0;
  #time = 0;
  readonly #oldest: ReadonlyMap<ChannelId, number>;
  readonly #answering = new Map<number, boolean>();

  constructor(groups: Groups) {
    this.#groups = groups;
    this.#oldest = groups.connections?.oldest() ?? new Map();
  }

  /** The service as a whole. */
  service(): ServiceActivityState {
    const { statistics } = this.#groups.table;
    this.#look();
    if (statistics === undefined) return { rate: 0, ended: {}, lastMinute: QUIET };
    return {
      rate: rounded(statistics.rate(NONE, this.#now)),
      ended: Object.fromEntries(
        ENDS.map((end) => [end, statistics.ended(end)] as const).filter(([, many]) => many > 0),
      ),
      lastMinute: statistics.lastMinute(this.#now),
    };
  }

  /** All groups that have channels. */
  *groups(): Generator<GroupReport, void, undefined> {
    const { table } = this.#groups;
    for (const { channels, ...group } of this.#groups.eachSnapshot()) {
      this.#look();
      yield {
        ...group,
        channels: channels.map((channel) => {
          const activity = this.#channel(table.channelAt(group.group, channel.channel));
          // All properties are there from the beginning: then, JSON.stringify is several times as fast.
          const reported = { ...channel, ...counted(channel), ...activity, ...WELL };
          return Object.assign(reported, conditionOf(reported));
        }),
      };
    }
  }

  #look(): void {
    this.#now = this.#groups.connections?.now() ?? performance.now();
    this.#time = Date.now();
  }

  #channel(id: ChannelId): ChannelActivityState {
    const { table } = this.#groups, accepted = this.#oldest.get(id), disabled = table.disabledSince(id);
    return {
      ...this.#counted(id, table.statistics),
      oldest: accepted === undefined ? null : this.#secondsSince(accepted),
      disabledSince: disabled === undefined ? null : new Date(disabled).toISOString(),
    };
  }

  #counted(id: ChannelId, statistics: Statistics | undefined): Omit<ChannelActivityState, "oldest" | "disabledSince"> {
    if (statistics === undefined) return UNCOUNTED;
    const { last, inARow, since, ...more } = statistics.trouble(id);
    const unanswered = more.unanswered > 0 && this.#answers(groupOf(id), statistics) ? more.unanswered : 0;
    return {
      rate: rounded(statistics.rate(id, this.#now)),
      times: {
        connect: timesOf(statistics.quantiles(id, KIND.CONNECT, SHARES)),
        firstByte: timesOf(statistics.quantiles(id, KIND.FIRST_BYTE, SHARES)),
      },
      lastError: last === undefined ? null : {
        result: last.result,
        reason: attemptReason(last.result, last.errno),
        at: this.#timeOf(last.at),
        age: this.#secondsSince(last.at),
      },
      failingSince: inARow === 0 ? null : this.#timeOf(since),
      failuresInARow: inARow,
      unanswered,
      unansweredSince: unanswered === 0 ? null : this.#timeOf(more.unansweredSince),
    };
  }

  /** Whether channels of the group have ever said anything. */
  #answers(group: number, statistics: Statistics): boolean {
    let answers = this.#answering.get(group);
    if (answers === undefined) this.#answering.set(group, answers = statistics.answers(group));
    return answers;
  }

  #secondsSince(at: number): number {
    return Math.max(0, Math.floor((this.#now - at) / 1000));
  }

  /** The wall clock's time of a moment of the engine's clock. */
  #timeOf(at: number): string {
    return new Date(this.#time - Math.max(0, this.#now - at)).toISOString();
  }
}

/** A channel of which nothing is counted. */
const UNCOUNTED = {
  rate: 0,
  times: { connect: null, firstByte: null },
  lastError: null,
  failingSince: null,
  failuresInARow: 0,
  unanswered: 0,
  unansweredSince: null,
} as const;

/** A minute of nothing. */
const QUIET: MinuteState = { connections: new Array<number>(60).fill(0), failures: new Array<number>(60).fill(0) };

/** Median and 99th percentile. */
const SHARES = [0.5, 0.99];

function timesOf(quantiles: ReturnType<Statistics["quantiles"]>): TimesState | null {
  if (quantiles === undefined) return null;
  const { count, times: [median, p99] } = quantiles;
  return { count, median: milliseconds(median), p99: milliseconds(p99) };
}

/** To the microsecond, which is more than samples tell. */
function milliseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Connections per second, to a hundredth. */
function rounded(rate: number): number {
  return Math.round(rate * 100) / 100;
}
