import { type ChannelId, groupOf, NONE } from "../channel_id.ts";
import { CHANNELS } from "../layout.ts";
import { BY, type ByNumber, END, type EndNumber } from "../records/ends.ts";
import { isFault, type ResultNumber } from "../records/results.ts";
import { measured, measuredBucket } from "./log_linear.ts";
import {
  BYTE_BUCKETS,
  END_DOUBLES,
  HISTOGRAM,
  HISTOGRAM_DOUBLES,
  histogramAt,
  KIND,
  type Kind,
  OFFSET,
  ROW,
  SAMPLES,
  SECOND,
  SECONDS,
  TIME_BUCKETS,
  TROUBLE,
} from "./statistics_layout.ts";

/** How long it took (ms) until a client had a channel. */
export interface ConnectTimes {
  /** Since the connect began. */
  readonly connectMs: number;
  /** That the client waited in the queue; -1 if it did not. */
  readonly queueMs: number;
}

/** Milliseconds within which a connection that a channel ends without a byte counts as brief. */
const BRIEF = 50;

/** The last bucket that fits into a sample. */
const MOST_SAMPLED = 255;

/**
 * What one thread writes into a service's statistics. Nobody else writes there, and nothing is allocated: what the paths of
 * each connection have to say is read from where it lies; see `Clock`.
 */
export class StatisticsLane {
  readonly #ends: Float64Array;
  readonly #seconds: Int32Array;
  readonly #histograms: Float64Array;
  readonly #rows: Int32Array;
  readonly #troubles: Float64Array;
  readonly #samples: Uint8Array;
  /** Of all lanes, for each channel: how often it has begun or ceased to fail; odd while it does. */
  readonly #runs: Int32Array;
  /** Of all lanes, for each channel: its latest connections in a row over which clients said something and got nothing. */
  readonly #unanswered: Int32Array;

  constructor(buffer: SharedArrayBuffer, lane: number) {
    const at = OFFSET.lanes + lane * OFFSET.laneBytes;
    this.#runs = new Int32Array(buffer, OFFSET.runs, CHANNELS);
    this.#unanswered = new Int32Array(buffer, OFFSET.unanswered, CHANNELS);
    this.#ends = new Float64Array(buffer, at + OFFSET.ends, END_DOUBLES);
    this.#seconds = new Int32Array(buffer, at + OFFSET.seconds, SECONDS * SECOND.WORDS);
    this.#histograms = new Float64Array(buffer, at + OFFSET.histograms, HISTOGRAM_DOUBLES);
    this.#rows = new Int32Array(buffer, at + OFFSET.rows, CHANNELS * ROW.WORDS);
    this.#troubles = new Float64Array(buffer, at + OFFSET.troubles, CHANNELS * TROUBLE.DOUBLES);
    this.#samples = new Uint8Array(buffer, at + OFFSET.samples, CHANNELS * 2 * SAMPLES);
  }

  /** A client has been accepted. @param time of a clock */
  accepted(time: ArrayLike<number>): void {
    this.#seconds[this.#second(time[0] / 1000 | 0) + SECOND.CONNECTIONS]++;
  }

  /** A channel has been chosen for a client. @param time of a clock */
  taken(channel: ChannelId, time: ArrayLike<number>): void {
    const rows = this.#rows, row = channel * ROW.WORDS, before = rows[row + ROW.RATE_SECOND];
    const second = time[0] / 1000 | 0;
    if (second !== before) {
      rows[row + ROW.RATE_BEFORE] = second === before + 1 ? rows[row + ROW.RATE_NOW] : 0;
      rows[row + ROW.RATE_NOW] = 0;
      rows[row + ROW.RATE_SECOND] = second;
    }
    rows[row + ROW.RATE_NOW]++;
  }

  /** The channel has accepted. */
  connected(channel: ChannelId, times: ConnectTimes): void {
    const run = Atomics.load(this.#runs, channel), group = groupOf(channel);
    if ((run & 1) === 1) Atomics.compareExchange(this.#runs, channel, run, run + 1 | 0);
    measured[0] = times.connectMs;
    this.#sample(channel, KIND.CONNECT, this.#count(group, KIND.CONNECT));
    measured[0] = times.queueMs;
    if (measured[0] >= 0) this.#count(group, KIND.QUEUE);
  }

  /** The channel has said something for the first time. @param ms since it accepted, in the first cell */
  firstByte(channel: ChannelId, ms: ArrayLike<number>): void {
    if (Atomics.load(this.#unanswered, channel) !== 0) Atomics.store(this.#unanswered, channel, 0);
    measured[0] = ms[0];
    this.#sample(channel, KIND.FIRST_BYTE, this.#count(groupOf(channel), KIND.FIRST_BYTE));
  }

  /** A connect has failed. Before its place is given back, since the row may then become another channel's. */
  attemptFailed(channel: ChannelId, result: ResultNumber, errno: number, now: number): void {
    const rows = this.#rows, row = channel * ROW.WORDS, troubles = this.#troubles, at = channel * TROUBLE.DOUBLES;
    troubles[at + TROUBLE.RESULTS + result]++;
    if (!isFault(result)) return;
    let run = Atomics.load(this.#runs, channel);
    if ((run & 1) === 0) {
      Atomics.compareExchange(this.#runs, channel, run, run + 1 | 0);
      run = Atomics.load(this.#runs, channel);
    }
    if (rows[row + ROW.RUN] !== run) {
      rows[row + ROW.IN_A_ROW] = 0;
      troubles[at + TROUBLE.SINCE] = now;
      rows[row + ROW.RUN] = run;
    }
    rows[row + ROW.IN_A_ROW]++;
    rows[row + ROW.LAST] = errno << 4 | result;
    troubles[at + TROUBLE.LAST] = now;
  }

  /**
   * A connection has ended, or a client that never had one. Before the channel's place is given back.
   *
   * @param channel NONE if none was connected
   * @param durationMs since accept
   * @param sinceConnectedMs -1 if it never was
   * @param up bytes from client to channel @param down from channel to client
   */
  ended(
    channel: ChannelId,
    end: EndNumber,
    by: ByNumber,
    durationMs: number,
    sinceConnectedMs: number,
    up: number,
    down: number,
    now: number,
  ): void {
    this.#ends[end]++;
    if (end !== END.CLOSED) {
      const second = this.#second(now / 1000 | 0);
      this.#seconds[second + SECOND.FAILURES]++;
      if (end >= END.DENIED && end <= END.PER_CLIENT) this.#seconds[second + SECOND.KEPT_OUT]++;
    }
    if (channel === NONE) return;
    const group = groupOf(channel);
    measured[0] = durationMs;
    this.#count(group, KIND.DURATION);
    measured[0] = up;
    this.#count(group, KIND.UP);
    measured[0] = down;
    this.#count(group, KIND.DOWN);
    if (down > 0) return;
    const at = channel * TROUBLE.DOUBLES;
    if (up > 0 && Atomics.add(this.#unanswered, channel, 1) === 0) this.#troubles[at + TROUBLE.UNANSWERED] = now;
    if (by !== BY.CHANNEL) return;
    this.#troubles[at + TROUBLE.EMPTY]++;
    if (sinceConnectedMs <= BRIEF) this.#troubles[at + TROUBLE.BRIEF]++;
  }

  /**
   * Whether the connection that has just `ended` so is to leave a record.
   *
   * @param every which of those that ended well do: every first of so many, 0 for none
   */
  isRecorded(end: EndNumber, every: number): boolean {
    return end !== END.CLOSED || every > 0 && (this.#ends[END.CLOSED] - 1) % every === 0;
  }

  /** Counts what is in `measured`. @returns the bucket */
  #count(group: number, kind: Kind): number {
    const at = histogramAt(group, kind), time = kind < KIND.UP;
    this.#histograms[at + HISTOGRAM.SUM] += measured[0];
    if (time) measured[0] *= 1000;
    const bucket = Math.min(measuredBucket(), (time ? TIME_BUCKETS : BYTE_BUCKETS) - 1);
    this.#histograms[at + HISTOGRAM.BUCKETS + bucket]++;
    return bucket;
  }

  #sample(channel: ChannelId, kind: typeof KIND.CONNECT | typeof KIND.FIRST_BYTE, bucket: number): void {
    const taken = this.#rows[channel * ROW.WORDS + ROW.TAKEN_SAMPLES + kind]++;
    this.#samples[(channel * 2 + kind) * SAMPLES + (taken & SAMPLES - 1)] = Math.min(bucket, MOST_SAMPLED);
  }

  /** Where the numbers of this second are. */
  #second(number: number): number {
    const seconds = this.#seconds, at = (number & SECONDS - 1) * SECOND.WORDS;
    if (seconds[at + SECOND.NUMBER] !== number) {
      seconds[at + SECOND.CONNECTIONS] = seconds[at + SECOND.FAILURES] = seconds[at + SECOND.KEPT_OUT] = 0;
      seconds[at + SECOND.NUMBER] = number;
    }
    return at;
  }
}
