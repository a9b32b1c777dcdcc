import type { FailuresState } from "../../state/failures_state.ts";
import type { RecordState } from "../../state/record_state.ts";
import { Slices } from "../../state/slices.ts";
import { type Coding, EncodedEvent, EventStream } from "./event_stream.ts";
import type { WebSource } from "./web_source.ts";
import type { LogLine } from "../../log/log.ts";

/** Most viewers at a time. */
export const MOST_VIEWERS = 16;

/** Milliseconds from one state to the next; more where making it takes main more than a fiftieth of that. */
export const PERIOD = 1_000;
const SHARE = 50;

/** Milliseconds after which one comes in any case: the page takes a longer silence for a lost connection. */
const LONGEST_PERIOD = 10_000;

/** Failures of each period that viewers are told of one by one, those that ended in the same way, and lines. */
const MOST = { failures: 50, alike: 20, lines: 50 } as const;

/** Failures that a viewer gets at its start: as many as are remembered, so that a flood of one kind is not all it gets. */
const EARLIER = 1_000;

/** Everybody who looks at the page: all get the same bytes, which are made once. Nothing is made while nobody looks. */
export class Viewers {
  readonly #source: WebSource;
  readonly #changes: boolean;
  readonly #period: number;
  readonly #streams = new Set<EventStream>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Stands for the time in which somebody looks; another one when all have gone and somebody has come again. */
  #looking: symbol | undefined;
  #unsubscribe: (() => void)[] = [];
  /** The latest state, while somebody looks. */
  #latest: EncodedEvent | undefined;
  /** How many failures and lines there have been in this period, and how many failures of each end. */
  #told = { failures: 0, lines: 0, ends: new Map<string, number>() };
  #left = { failures: 0, lines: 0 };

  /** @param changes whether something can be changed with a token @param period milliseconds from one state to the next */
  constructor(source: WebSource, changes: boolean, period = PERIOD) {
    this.#source = source;
    this.#changes = changes;
    this.#period = period;
  }

  /** How many there are. */
  get count(): number {
    return this.#streams.size;
  }

  /** Everything from now on, for one more viewer; undefined if there are too many. @param over when it has gone */
  open(over: AbortSignal, coding: Coding = "plain"): EventStream | undefined {
    if (this.#streams.size >= MOST_VIEWERS) return undefined;
    const stream = new EventStream(coding), { version } = this.#source;
    stream.push(new EncodedEvent("hello", JSON.stringify({ version, admin: this.#changes })));
    stream.push(new EncodedEvent("log", JSON.stringify(this.#source.lines())));
    const tell = (state: FailuresState) => stream.push(new EncodedEvent("failures", JSON.stringify(state)));
    // If they cannot be told, it asks again when it comes again.
    this.#source.failures(EARLIER).then(tell, () => stream.end());
    this.#streams.add(stream);
    over.addEventListener("abort", () => this.#leave(stream));
    if (over.aborted) this.#leave(stream);
    else if (this.#streams.size === 1) this.#begin();
    else if (this.#latest !== undefined) stream.pushState(this.#latest);
    return stream;
  }

  /** Sends everybody away. */
  close(): void {
    for (const stream of this.#streams) this.#leave(stream);
  }

  #begin(): void {
    this.#unsubscribe = [
      this.#source.onFailure((record) => this.#tellFailure(record)),
      this.#source.onLine((line) => this.#tell("line", line, "lines")),
    ];
    void this.#tick(this.#looking = Symbol());
  }

  async #tick(looking: symbol): Promise<void> {
    if (this.#left.failures + this.#left.lines > 0) {
      const event = new EncodedEvent("left-out", JSON.stringify(this.#left));
      for (const stream of this.#streams) stream.push(event);
    }
    this.#told = { failures: 0, lines: 0, ends: new Map() };
    this.#left = { failures: 0, lines: 0 };
    const slices = new Slices(1), state = await this.#source.state(slices);
    if (this.#looking !== looking) return;
    this.#latest = new EncodedEvent("state", state);
    // Those who look have it packed and written: not in the same go.
    if (slices.full) await slices.pause();
    if (this.#looking !== looking) return;
    for (const stream of this.#streams) {
      stream.pushState(this.#latest);
      if (stream.ended) this.#leave(stream);
    }
    if (this.#looking !== looking) return;
    const pause = Math.max(this.#period, Math.min(LONGEST_PERIOD, slices.worked * SHARE));
    this.#timer = setTimeout(() => void this.#tick(looking), pause);
    Deno.unrefTimer(this.#timer);
  }

  #tellFailure(record: RecordState): void {
    const { ends } = this.#told, alike = (ends.get(record.end) ?? 0) + 1;
    ends.set(record.end, alike);
    if (alike > MOST.alike) this.#left.failures++;
    else this.#tell("failure", record, "failures");
  }

  #tell(type: string, what: RecordState | LogLine, kind: "failures" | "lines"): void {
    if (++this.#told[kind] > MOST[kind]) return void this.#left[kind]++;
    const event = new EncodedEvent(type, JSON.stringify(what));
    for (const stream of this.#streams) stream.push(event);
  }

  #leave(stream: EventStream): void {
    stream.end();
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearTimeout(this.#timer);
    this.#looking = undefined;
    this.#latest = undefined;
    this.#unsubscribe.splice(0).forEach((end) => end());
  }
}
