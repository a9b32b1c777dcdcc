import { type Address, formatHost, type HostBytes } from "./address.ts";
import type { ChannelId } from "./channel_id.ts";
import { CHANNEL } from "./layout.ts";

/** An address that a channel has, or had. */
export interface Target {
  /** Distinguishes it from the channel's earlier and later addresses. */
  readonly sequence: number;
  readonly address: Address;
}

/** Where the channels' connections go. The main thread writes, every thread reads. */
export class Addresses {
  readonly #channels: Int32Array;
  /** Text of each address, made again when the address changes. */
  readonly #texts: Target[] = [];

  /** @param channels the rows of all channels */
  constructor(channels: Int32Array) {
    this.#channels = channels;
  }

  /** Changes with each new address. */
  sequence(id: ChannelId): number {
    return Atomics.load(this.#channels, id * CHANNEL.WORDS + CHANNEL.SEQUENCE);
  }

  /** The object stays the same until the address changes. */
  target(id: ChannelId): Target {
    const cached = this.#texts[id];
    if (cached?.sequence === this.sequence(id)) return cached;
    const raw = new Uint8Array(16);
    const { sequence, port, zone } = this.read(id, raw);
    return this.#texts[id] = { sequence, address: { host: formatHost(raw, zone), port } };
  }

  /** Copies the sixteen address bytes into `bytes`, never a mix of two addresses. */
  read(id: ChannelId, bytes: Uint8Array): { sequence: number; port: number; zone: number } {
    const row = id * CHANNEL.WORDS;
    for (;;) {
      const sequence = Atomics.load(this.#channels, row + CHANNEL.SEQUENCE);
      if (sequence & 1) continue;
      const port = Atomics.load(this.#channels, row + CHANNEL.PORT);
      const zone = Atomics.load(this.#channels, row + CHANNEL.ZONE);
      for (let i = 0; i < 16; i++) {
        bytes[i] = Atomics.load(this.#channels, row + CHANNEL.ADDRESS + (i >> 2)) >>> (8 * (i & 3));
      }
      if (Atomics.load(this.#channels, row + CHANNEL.SEQUENCE) === sequence) return { sequence, port, zone };
    }
  }

  /** Gives a channel another address. Main thread only. */
  write(id: ChannelId, host: HostBytes, port: number): void {
    const row = id * CHANNEL.WORDS, words = this.#channels;
    const view = new DataView(host.bytes.buffer, host.bytes.byteOffset);
    Atomics.add(words, row + CHANNEL.SEQUENCE, 1);
    Atomics.store(words, row + CHANNEL.PORT, port);
    Atomics.store(words, row + CHANNEL.ZONE, host.zone);
    for (let i = 0; i < 4; i++) Atomics.store(words, row + CHANNEL.ADDRESS + i, view.getInt32(i * 4, true));
    Atomics.add(words, row + CHANNEL.SEQUENCE, 1);
  }
}
