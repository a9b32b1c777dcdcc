import { type ChannelId, channelId } from "./channel_id.ts";
import type { EnabledChannels } from "./enabled_channels.ts";
import { CHANNEL } from "./layout.ts";
import { ROWS } from "./limits.ts";

/**
 * How many connections each channel has and may have.
 *
 * What a search only compares is read without Atomics, which take 12 ns each: whatever it finds, `reserve` decides. But
 * `free` decides whom the queue calls, so it must not miss what another thread has just given back.
 */
export class Occupancy {
  readonly #channels: Int32Array;
  readonly #enabled: EnabledChannels;

  /** @param channels the rows of all channels */
  constructor(channels: Int32Array, enabled: EnabledChannels) {
    this.#channels = channels;
    this.#enabled = enabled;
  }

  /** Most simultaneous connections, 0 for no limit. */
  maxc(id: ChannelId): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.MAXC);
  }

  setMaxc(id: ChannelId, maxc: number): void {
    Atomics.store(this.#channels, id * CHANNEL.WORDS + CHANNEL.MAXC, maxc);
  }

  /** Connections now. */
  current(id: ChannelId): number {
    return this.#channels[id * CHANNEL.WORDS + CHANNEL.CURRENT];
  }

  /** Connections now with all channels of a group, those that have been removed included. */
  currentIn(group: number): number {
    let sum = 0;
    for (let row = 0, id = channelId(group, 0); row < ROWS; row++, id++) sum += this.current(id);
    return sum;
  }

  /** How many more connections the channel could take at this moment. @param ignoring `DisabledBy` bits that do not count */
  free(id: ChannelId, ignoring: number): number {
    if ((this.#enabled.disabledBy(id) & ~ignoring) !== 0) return 0;
    const maxc = this.maxc(id), current = Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.CURRENT);
    return maxc === 0 ? Infinity : Math.max(0, maxc - current);
  }

  /** Whether the channel could take a connection at this moment. @param ignoring `DisabledBy` bits that do not count */
  usable(id: ChannelId, ignoring: number): boolean {
    const row = id * CHANNEL.WORDS, channels = this.#channels;
    if ((channels[row + CHANNEL.DISABLED_BY] & ~ignoring) !== 0) return false;
    const maxc = channels[row + CHANNEL.MAXC];
    return maxc === 0 || channels[row + CHANNEL.CURRENT] < maxc;
  }

  /** Reserves a connection if the channel is enabled and below its limit. The limit is exact across all threads. */
  reserve(id: ChannelId, ignoring: number): boolean {
    const index = id * CHANNEL.WORDS + CHANNEL.CURRENT;
    for (;;) {
      if ((this.#enabled.disabledBy(id) & ~ignoring) !== 0) return false;
      const current = Atomics.load(this.#channels, index), maxc = this.maxc(id);
      if (maxc !== 0 && current >= maxc) return false;
      if (Atomics.compareExchange(this.#channels, index, current, current + 1) === current) return true;
    }
  }

  /** Releases `count` reserved connections. */
  release(id: ChannelId, count = 1): void {
    Atomics.sub(this.#channels, id * CHANNEL.WORDS + CHANNEL.CURRENT, count);
  }
}
