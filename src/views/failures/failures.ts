import type { RecordState } from "../../state/record_state.ts";
import { type ChannelId, NONE } from "../../table/channel_id.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { type DescribedService, describeRecord, endedAt } from "../records/describe.ts";

/** Connections that are kept. */
const BOUND = 1_000;

/** Connections of one kind that are described at once within how many milliseconds; others when they are asked for. */
const AT_ONCE = 250, WINDOW = 250;

/** A channel that connections had, or were to have. */
export interface FailedChannel {
  readonly service: DescribedService;
  readonly channel: ChannelId;
}

/** Which connections are asked for. */
export interface FailureQuery {
  /** The last so many of them. Default: all. */
  readonly most?: number | undefined;
  /** Only those that had this channel, or tried it. */
  readonly channel?: FailedChannel | undefined;
}

/** One that is kept. */
interface Kept {
  readonly record: ConnectionRecord;
  readonly service: DescribedService;
  /** What operators are told about it, once it is described. */
  state?: RecordState;
}

/** Those of one kind. */
interface Kind {
  /** The oldest first. */
  readonly kept: Kept[];
  /** When the window began, by the engine's clock. */
  since: number;
  /** How many were described in it. */
  described: number;
}

/**
 * The last connections that did not end well. There are as many kinds of them as there are services, channels and ways to
 * end, and each has its fair share: when all places are taken, the oldest of the most frequent kind goes. So a flood of
 * clients that may not come in hides nothing else. It does not cost much either: most of a flood is not described, and
 * what is left of it is when it is asked for. Otherwise that happens at once, while channels have their names.
 */
export class Failures {
  readonly #now: () => number;
  readonly #bound: number;
  readonly #kinds = new Map<string, Kind>();
  #count = 0;

  /** @param now the engine's clock, in milliseconds */
  constructor(now: () => number, bound = BOUND) {
    this.#now = now;
    this.#bound = bound;
  }

  /** Keeps one more. */
  add(record: ConnectionRecord, service: DescribedService): void {
    if (this.#count === this.#bound) this.#dropOne();
    else this.#count++;
    const key = `${record.service} ${record.end} ${lastChannel(record)}`, now = this.#now();
    let kind = this.#kinds.get(key);
    if (kind === undefined) this.#kinds.set(key, kind = { kept: [], since: now, described: 0 });
    const kept: Kept = { record, service };
    kind.kept.push(kept);
    if (now - kind.since >= WINDOW) {
      kind.since = now;
      kind.described = 0;
    }
    if (kind.described++ < AT_ONCE) this.#stateOf(kept);
  }

  /** Those that are asked for, the newest last. */
  list({ most = Infinity, channel }: FailureQuery = {}): RecordState[] {
    const found = [...this.#all()].filter((kept) => channel === undefined || concerns(kept, channel));
    found.sort((a, b) => endOf(a) - endOf(b));
    return found.slice(Math.max(0, found.length - most)).map((kept) => this.#stateOf(kept));
  }

  /** The one with this id; undefined if it is not kept. */
  find(id: number): RecordState | undefined {
    const found = this.#all().find(({ record }) => record.id === id);
    return found && this.#stateOf(found);
  }

  #all(): IteratorObject<Kept> {
    return this.#kinds.values().flatMap(({ kept }) => kept);
  }

  #stateOf(kept: Kept): RecordState {
    const { record, service } = kept;
    return kept.state ??= describeRecord(record, service, endedAt(record, this.#now()));
  }

  /** Makes room for one. */
  #dropOne(): void {
    let most: Kept[] = [], key = "";
    for (const [other, { kept }] of this.#kinds) {
      if (kept.length < most.length || kept.length === most.length && endOf(kept[0]) >= endOf(most[0])) continue;
      most = kept;
      key = other;
    }
    most.shift();
    if (most.length === 0) this.#kinds.delete(key);
  }
}

/** When it ended, by the engine's clock. */
function endOf({ record: { accepted, durationMs } }: Kept): number {
  return accepted + durationMs;
}

/** The channel that a connection had, or the last one that it tried. */
function lastChannel({ channel, attempts }: ConnectionRecord): ChannelId {
  return channel === NONE ? attempts.at(-1)?.channel ?? NONE : channel;
}

/** Whether it had a channel that is still there, or tried it. */
function concerns({ record, service }: Kept, { service: { groups }, channel }: FailedChannel): boolean {
  if (service.groups !== groups) return false;
  if (record.channel === channel) return groups.table.incarnation(channel) === record.incarnation;
  return record.attempts.some((attempt) => attempt.channel === channel);
}
