import type { ChannelId } from "../channel_id.ts";
import { isFault, type ResultNumber } from "./results.ts";
import { ATTEMPTS } from "./record_layout.ts";

/** One attempt to connect a channel. */
export interface TriedChannel {
  channel: ChannelId;
  result: ResultNumber;
  /** 0 if there is none. */
  errno: number;
  /** Milliseconds from the beginning of the connect to its result. */
  ms: number;
}

/** The attempts of one connection: how many, and what the first ones and the last one came to. */
export class Attempts {
  /** How many there were. */
  count = 0;
  readonly #list: TriedChannel[] = [];

  /** Those that are known, in their order; if there were more, some before the last are missing. */
  get list(): readonly TriedChannel[] {
    return this.#list;
  }

  /** The last one that failed through the channel's fault. */
  get lastFault(): TriedChannel | undefined {
    return this.#list.findLast(({ result }) => isFault(result));
  }

  /** One more has come to an end. */
  add(channel: ChannelId, result: ResultNumber, errno: number, ms: number): void {
    this.count++;
    if (this.#list.length < ATTEMPTS.ALL) this.#list.push({ channel, result, errno, ms });
    else this.#list[ATTEMPTS.FIRST] = { channel, result, errno, ms };
  }
}
