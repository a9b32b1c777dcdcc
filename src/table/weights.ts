import type { ChannelId } from "./channel_id.ts";
import { DisabledBy } from "./disabled_by.ts";
import type { EnabledChannels } from "./enabled_channels.ts";
import { CHOICE } from "./layout.ts";

/** What a channel's whole weight is divided into while it gets more and more of it. */
const WHOLE = 1024;

/** Which share of the clients each channel is to get. Read without Atomics, as in `Occupancy`. */
export class Weights {
  readonly #choices: Int32Array;
  readonly #enabled: EnabledChannels;

  /** @param choices what strategies ask about channels */
  constructor(choices: Int32Array, enabled: EnabledChannels) {
    this.#choices = choices;
    this.#enabled = enabled;
  }

  /** From 0, no new connections, to 256; default 1. */
  of(id: ChannelId): number {
    return this.#choices[id * CHOICE.WORDS + CHOICE.WEIGHT] + 1;
  }

  set(id: ChannelId, weight: number): void {
    // In this order, so that no candidate ever has weight 0, by which strategies divide.
    if (weight === 0) this.#enabled.disable(id, DisabledBy.WEIGHT);
    Atomics.store(this.#choices, id * CHOICE.WORDS + CHOICE.WEIGHT, weight - 1);
    if (weight > 0) this.#enabled.enable(id, DisabledBy.WEIGHT);
  }

  /** How much of its weight it gets now, above 0 to 1. */
  share(id: ChannelId): number {
    return 1 - this.#choices[id * CHOICE.WORDS + CHOICE.MISSING] / WHOLE;
  }

  /** Gives it this share of its weight until the next call; at least a 1024th. */
  setShare(id: ChannelId, share: number): void {
    const missing = Math.min(WHOLE - 1, Math.round((1 - share) * WHOLE));
    Atomics.store(this.#choices, id * CHOICE.WORDS + CHOICE.MISSING, missing);
  }

  /** Whether it takes this turn: with a share of a tenth, every tenth time that it is asked. */
  takesTurn(id: ChannelId): boolean {
    const missing = this.#choices[id * CHOICE.WORDS + CHOICE.MISSING];
    if (missing === 0) return true;
    const before = Atomics.add(this.#choices, id * CHOICE.WORDS + CHOICE.TURNS, WHOLE - missing);
    return (before & (WHOLE - 1)) + WHOLE - missing >= WHOLE;
  }

  /** A hash of what identifies the channel for other balancers too; 0 if it has not been set. */
  identity(id: ChannelId): number {
    return this.#choices[id * CHOICE.WORDS + CHOICE.IDENTITY] >>> 0;
  }

  setIdentity(id: ChannelId, hash: number): void {
    Atomics.store(this.#choices, id * CHOICE.WORDS + CHOICE.IDENTITY, hash);
  }

  /** A new channel has its row: everything is as it is by default, except its weight and identity. */
  begin(id: ChannelId, weight: number, identity = 0): void {
    const from = id * CHOICE.WORDS;
    // Reading is free, writing takes memory.
    for (let i = from; i < from + CHOICE.WORDS; i++) {
      if (Atomics.load(this.#choices, i) !== 0) Atomics.store(this.#choices, i, 0);
    }
    if (weight !== 1) this.set(id, weight);
    if (identity !== 0) this.setIdentity(id, identity);
  }
}
