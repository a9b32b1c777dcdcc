import type { Addresses } from "./addresses.ts";
import type { ChannelId } from "./channel_id.ts";
import { CHANNEL, CHOICE } from "./layout.ts";

/** Which channels' addresses fail, how often they were tried meanwhile, and whether somebody checks them. */
export class Failures {
  readonly #channels: Int32Array;
  readonly #addresses: Addresses;
  /** What strategies ask about channels, as doubles. */
  readonly #choices: Float64Array;

  /** @param channels the rows of all channels @param choices what strategies ask about channels */
  constructor(channels: Int32Array, addresses: Addresses, choices: Int32Array) {
    this.#channels = channels;
    this.#addresses = addresses;
    this.#choices = new Float64Array(choices.buffer, choices.byteOffset, choices.length / 2);
  }

  /** Notes whether a connect to the address `sequence` failed. See `Table.setFailing`. */
  set(id: ChannelId, failing: boolean, sequence: number): boolean {
    const index = id * CHANNEL.WORDS + CHANNEL.FAILING;
    for (;;) {
      const before = Atomics.load(this.#channels, index);
      // The word names the failing address, so a verdict on an earlier one says nothing about the current one.
      if ((before === sequence) === failing || this.#addresses.sequence(id) !== sequence) return false;
      const after = failing ? sequence : 0;
      if (Atomics.compareExchange(this.#channels, index, before, after) === before) return true;
    }
  }

  /** Whether the last connect to the channel's address failed. */
  has(id: ChannelId): boolean {
    const sequence = Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.FAILING);
    return sequence !== 0 && sequence === this.#addresses.sequence(id);
  }

  /** Whether health checks say if the channel's address is alive. */
  isChecked(id: ChannelId): boolean {
    const sequence = Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.CHECKED);
    return sequence !== 0 && sequence === this.#addresses.sequence(id);
  }

  /** Notes whether they do. It ends with the address. */
  setChecked(id: ChannelId, checked: boolean): void {
    const sequence = checked ? this.#addresses.sequence(id) : 0;
    Atomics.store(this.#channels, id * CHANNEL.WORDS + CHANNEL.CHECKED, sequence);
  }

  /** How often the channel failed, or was tried while failing. */
  trials(id: ChannelId): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.TRIALS);
  }

  /** When the last of them was, by the clock that all threads share. */
  triedAt(id: ChannelId): number {
    return this.#choices[(id * CHOICE.WORDS + CHOICE.TRIED_AT) / 2];
  }

  /** Notes when it was. */
  setTriedAt(id: ChannelId, now: number): void {
    this.#choices[(id * CHOICE.WORDS + CHOICE.TRIED_AT) / 2] = now;
  }

  /** Counts one more of these trials and returns its number. */
  addTrial(id: ChannelId): number {
    return (Atomics.add(this.#channels, id * CHANNEL.WORDS + CHANNEL.TRIALS, 1) + 1) | 0;
  }
}
