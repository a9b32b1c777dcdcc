import { type ChannelId, NONE } from "../channel_id.ts";
import { CHANNELS } from "../layout.ts";
import { MAX_LANES } from "../limits.ts";
import { type End, endNumber } from "../records/ends.ts";
import { type Result, RESULTS } from "../records/results.ts";
import { Histogram } from "./histogram.ts";
import { middleOf } from "./log_linear.ts";
import { StatisticsLane } from "./statistics_lane.ts";
import {
  bucketsOf,
  END_DOUBLES,
  HISTOGRAM,
  HISTOGRAM_DOUBLES,
  histogramAt,
  isTime,
  KIND,
  type Kind,
  OFFSET,
  ROW,
  SAMPLES,
  SECOND,
  SECONDS,
  TROUBLE,
} from "./statistics_layout.ts";

export { KIND };
export type { Histogram, Kind, StatisticsLane };

/** Seconds that `lastMinute` tells of. */
const MINUTE = 60;

/** Kinds that are times. */
const TIMES = Object.values(KIND).filter(isTime);

/** How many samples are in each bucket, for one look. */
const COUNTS = new Uint32Array(256);

/** What trouble there is with a channel. Times are milliseconds of the engine's clock. */
export interface Trouble {
  /** Failed attempts by result. */
  readonly failures: Readonly<Record<Result, number>>;
  /** Attempts that have failed through the channel's fault since one succeeded. */
  readonly inARow: number;
  /** Since when they have failed; -1 if the last one succeeded. */
  readonly since: number;
  /** The last one that failed through the channel's fault. */
  readonly last: { readonly at: number; readonly result: Result; readonly errno: number } | undefined;
  /**
   * Connections in a row, the latest ones, that ended without a byte from the channel although the client had said
   * something. Where clients never get an answer, these are all.
   */
  readonly unanswered: number;
  /** When the first of them ended; -1 if there are none. */
  readonly unansweredSince: number;
  /** Connections that the channel ended without having said anything. */
  readonly empty: number;
  /** Those of them that ended within 50 ms of being connected. */
  readonly brief: number;
}

/** Connections of the last minute, by second, the oldest first. */
export interface LastMinute {
  /** Clients that were accepted. */
  readonly connections: readonly number[];
  /** Connections that did not end well. */
  readonly failures: readonly number[];
  /** How many of these are clients that were kept out; missing if there were none. */
  readonly keptOut?: readonly number[];
}

/** A channel that has never failed. */
const NO_FAILURES = Object.fromEntries(RESULTS.map((result) => [result, 0])) as Record<Result, number>;

/** What one lane has, for reading. */
interface Lane {
  readonly ends: Float64Array;
  readonly seconds: Int32Array;
  readonly histograms: Float64Array;
  readonly rows: Int32Array;
  readonly troubles: Float64Array;
  readonly samples: Uint8Array;
}

/**
 * What a service's connections were like: how they ended, how long things took, what failed. In a SharedArrayBuffer with
 * a lane for each thread, which alone writes there (`StatisticsLane`); whoever reads merges the lanes. Numbers are never
 * taken back, except for a channel's own (`clear`).
 */
export class Statistics {
  readonly buffer: SharedArrayBuffer;
  readonly #runs: Int32Array;
  readonly #unanswered: Int32Array;
  /** Made when somebody reads: threads and most of many services never do. */
  #read: readonly Lane[] | undefined;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#runs = new Int32Array(buffer, OFFSET.runs, CHANNELS);
    this.#unanswered = new Int32Array(buffer, OFFSET.unanswered, CHANNELS);
  }

  /** Makes empty ones that `lanes` threads can write into. @throws {RangeError} on a number of lanes out of range */
  static create(lanes: number): Statistics {
    if (!Number.isInteger(lanes) || lanes < 1 || lanes > MAX_LANES) {
      throw new RangeError(`Cannot make statistics: ${lanes} lanes, but there must be 1 to ${MAX_LANES}`);
    }
    return new Statistics(new SharedArrayBuffer(OFFSET.lanes + lanes * OFFSET.laneBytes));
  }

  /** The same in another thread, from the buffer it was sent. */
  static attach(buffer: SharedArrayBuffer): Statistics {
    return new Statistics(buffer);
  }

  /** What thread number `lane` writes. */
  lane(lane: number): StatisticsLane {
    return new StatisticsLane(this.buffer, lane);
  }

  /** Connections that ended so. */
  ended(end: End): number {
    return this.#sum(({ ends }) => ends[endNumber(end)]);
  }

  /** Connections that have ended. Whoever watches many services can ask each: nothing is made that stays. */
  endedSoFar(): number {
    let sum = 0;
    for (let at = OFFSET.lanes; at < this.buffer.byteLength; at += OFFSET.laneBytes) {
      const ends = new Float64Array(this.buffer, at + OFFSET.ends, END_DOUBLES);
      for (let i = 0; i < END_DOUBLES; i++) sum += ends[i];
    }
    return sum;
  }

  /** Times or bytes of a group's connections, those with channels that are gone included. */
  histogram(group: number, kind: Kind): Histogram {
    const counts = new Float64Array(bucketsOf(kind)), at = histogramAt(group, kind);
    let sum = 0;
    for (const { histograms } of this.#lanes) {
      sum += histograms[at + HISTOGRAM.SUM];
      for (let i = 0; i < counts.length; i++) counts[i] += histograms[at + HISTOGRAM.BUCKETS + i];
    }
    return new Histogram(counts, sum, isTime(kind) ? 0.001 : 1);
  }

  /** Whether anything has been measured in a group that takes time. Much cheaper than to look at its histograms. */
  hasTimes(group: number): boolean {
    const at = TIMES.map((kind) => histogramAt(group, kind) + HISTOGRAM.SUM);
    return this.#lanes.some(({ histograms }) => at.some((sum) => histograms[sum] > 0));
  }

  /**
   * Of the last connections with a channel (up to 64 of each thread) the times that these shares of them did not exceed
   * (ms, at most 6 % off): 0.5 for the median. Thousands of channels are asked for it at once.
   *
   * @param shares from 0 to 1, the smallest first
   * @returns undefined if there have been none
   */
  quantiles(
    channel: ChannelId,
    kind: typeof KIND.CONNECT | typeof KIND.FIRST_BYTE,
    shares: readonly number[],
  ): { readonly count: number; readonly times: readonly number[] } | undefined {
    const counts = COUNTS.fill(0);
    let count = 0;
    for (const { rows, samples } of this.#lanes) {
      const taken = Math.min(rows[channel * ROW.WORDS + ROW.TAKEN_SAMPLES + kind] >>> 0, SAMPLES);
      const at = (channel * 2 + kind) * SAMPLES;
      for (let i = 0; i < taken; i++) counts[samples[at + i]]++;
      count += taken;
    }
    if (count === 0) return undefined;
    let bucket = -1, below = 0;
    const times = shares.map((share) => {
      for (const wanted = Math.max(1, Math.ceil(share * count)); below < wanted;) below += counts[++bucket];
      return middleOf(bucket) / 1000;
    });
    return { count, times };
  }

  /** How long the last connections with a channel took (ms): up to 64 of each thread, at most 6 % off. Sorted. */
  times(channel: ChannelId, kind: typeof KIND.CONNECT | typeof KIND.FIRST_BYTE): Float64Array {
    const found: number[] = [];
    for (const { rows, samples } of this.#lanes) {
      const taken = Math.min(rows[channel * ROW.WORDS + ROW.TAKEN_SAMPLES + kind] >>> 0, SAMPLES);
      const at = (channel * 2 + kind) * SAMPLES;
      for (let i = 0; i < taken; i++) found.push(middleOf(samples[at + i]) / 1000);
    }
    return Float64Array.from(found).sort();
  }

  /**
   * How many connections a second begin: over the last whole second and the present one, with less weight for the former
   * as the latter passes.
   *
   * @param channel NONE for the service: clients accepted
   * @param now milliseconds of the engine's clock
   */
  rate(channel: ChannelId, now: number): number {
    const second = Math.floor(now / 1000), left = 1 - (now / 1000 - second);
    if (channel === NONE) return this.#inSecond(second) + left * this.#inSecond(second - 1);
    return this.#sum(({ rows }) => {
      const row = channel * ROW.WORDS, age = second - rows[row + ROW.RATE_SECOND];
      if (age === 0) return rows[row + ROW.RATE_NOW] + left * rows[row + ROW.RATE_BEFORE];
      return age === 1 ? left * rows[row + ROW.RATE_NOW] : 0;
    });
  }

  /** How many connections began and failed in each second of the last minute, the present one included. */
  lastMinute(now: number): LastMinute {
    const none = () => new Array<number>(MINUTE).fill(0), first = Math.floor(now / 1000) - MINUTE + 1;
    const connections = none(), failures = none(), keptOut = none();
    for (const { seconds } of this.#lanes) {
      for (let at = 0; at < seconds.length; at += SECOND.WORDS) {
        const i = seconds[at + SECOND.NUMBER] - first;
        if (i < 0 || i >= MINUTE) continue;
        connections[i] += seconds[at + SECOND.CONNECTIONS];
        failures[i] += seconds[at + SECOND.FAILURES];
        keptOut[i] += seconds[at + SECOND.KEPT_OUT];
      }
    }
    return { connections, failures, ...keptOut.some((count) => count > 0) && { keptOut } };
  }

  /** Whether channels of the group have ever said anything: in some protocols only clients do. */
  answers(group: number): boolean {
    const at = histogramAt(group, KIND.FIRST_BYTE) + HISTOGRAM.BUCKETS, end = at + bucketsOf(KIND.FIRST_BYTE);
    return this.#lanes.some(({ histograms }) => histograms.subarray(at, end).some((count) => count > 0));
  }

  /** Connections in a row that have ended without an answer of the channel to what the client said. */
  unanswered(channel: ChannelId): number {
    return Atomics.load(this.#unanswered, channel);
  }

  /** What trouble there is with a channel. */
  trouble(channel: ChannelId): Trouble {
    const row = channel * ROW.WORDS, at = channel * TROUBLE.DOUBLES, run = Atomics.load(this.#runs, channel);
    const failures: Record<Result, number> = { ...NO_FAILURES };
    const unanswered = this.unanswered(channel);
    let inARow = 0, since = Infinity, unansweredSince = -1, empty = 0, brief = 0, last: Trouble["last"];
    for (const { rows, troubles } of this.#lanes) {
      for (let i = 0; i < RESULTS.length; i++) failures[RESULTS[i]] += troubles[at + TROUBLE.RESULTS + i];
      empty += troubles[at + TROUBLE.EMPTY];
      brief += troubles[at + TROUBLE.BRIEF];
      if ((run & 1) === 1 && rows[row + ROW.RUN] === run) {
        inARow += rows[row + ROW.IN_A_ROW];
        since = Math.min(since, troubles[at + TROUBLE.SINCE]);
      }
      // Only the lane that had the first of them has written when it was, and all earlier ones are older.
      if (unanswered > 0) unansweredSince = Math.max(unansweredSince, troubles[at + TROUBLE.UNANSWERED]);
      const moment = troubles[at + TROUBLE.LAST], what = rows[row + ROW.LAST];
      if (what === 0 || last !== undefined && last.at >= moment) continue;
      last = { at: moment, result: RESULTS[what & 15], errno: what >> 4 };
    }
    return {
      failures,
      inARow,
      since: inARow === 0 ? -1 : since,
      last,
      unanswered,
      unansweredSince,
      empty,
      brief,
    };
  }

  /** Another channel gets the row, which has no connections now. Main thread only. */
  clear(channel: ChannelId): void {
    const run = Atomics.load(this.#runs, channel);
    if ((run & 1) === 1) Atomics.store(this.#runs, channel, run + 1 | 0);
    Atomics.store(this.#unanswered, channel, 0);
    for (const { rows, troubles } of this.#lanes) {
      rows.fill(0, channel * ROW.WORDS, (channel + 1) * ROW.WORDS);
      troubles.fill(0, channel * TROUBLE.DOUBLES, (channel + 1) * TROUBLE.DOUBLES);
    }
  }

  get #lanes(): readonly Lane[] {
    return this.#read ??= lanesOf(this.buffer);
  }

  #inSecond(number: number): number {
    const at = (number & SECONDS - 1) * SECOND.WORDS;
    return this.#sum(({ seconds }) => seconds[at + SECOND.NUMBER] === number ? seconds[at + SECOND.CONNECTIONS] : 0);
  }

  #sum(of: (lane: Lane) => number): number {
    let sum = 0;
    for (const lane of this.#lanes) sum += of(lane);
    return sum;
  }
}

function lanesOf(buffer: SharedArrayBuffer): Lane[] {
  const lanes: Lane[] = [];
  for (let at = OFFSET.lanes; at < buffer.byteLength; at += OFFSET.laneBytes) {
    lanes.push({
      ends: new Float64Array(buffer, at + OFFSET.ends, END_DOUBLES),
      seconds: new Int32Array(buffer, at + OFFSET.seconds, SECONDS * SECOND.WORDS),
      histograms: new Float64Array(buffer, at + OFFSET.histograms, HISTOGRAM_DOUBLES),
      rows: new Int32Array(buffer, at + OFFSET.rows, CHANNELS * ROW.WORDS),
      troubles: new Float64Array(buffer, at + OFFSET.troubles, CHANNELS * TROUBLE.DOUBLES),
      samples: new Uint8Array(buffer, at + OFFSET.samples, CHANNELS * 2 * SAMPLES),
    });
  }
  return lanes;
}
