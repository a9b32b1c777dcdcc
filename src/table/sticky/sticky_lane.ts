import { type ChannelId, NONE } from "../channel_id.ts";
import { highWord, lowWord } from "./client_key.ts";
import { NO_HANDLE, type PlaceHandle, placeOf, versionOf } from "../held_counts.ts";
import { PER_SECOND, SET } from "./sticky_layout.ts";
import { NOWHERE } from "../place_sets.ts";
import { StickySets } from "./sticky_sets.ts";

/** What a connection keeps until it ends; `NO_HANDLE` if its client is not remembered. */
export type StickyHandle = PlaceHandle;
export { NO_HANDLE };

/**
 * What one thread does with a `StickyTable`: finds the channel that a client had, and notes which one it has now.
 * Allocates nothing.
 */
export class StickyLane {
  /** Which of the channels that have had the row `find` means. */
  incarnation = 0;
  readonly #sets: StickySets;
  readonly #lane: number;
  /** How long an address is remembered, in hundredths of a second. */
  readonly #time: number;

  /** @param seconds how long an address is remembered after its last connection ended */
  constructor(buffer: SharedArrayBuffer, lane: number, seconds: number) {
    this.#sets = new StickySets(buffer);
    this.#lane = lane;
    this.#time = Math.ceil(seconds * PER_SECOND);
  }

  /** The channel that the client with these sixteen address bytes had, and sets `incarnation`; or NONE. */
  find(address: Uint8Array): ChannelId {
    const sets = this.#sets, { words } = sets, high = highWord(address), low = lowWord(address);
    const set = sets.of(high, low);
    let channel = NONE;
    if (!sets.lock(set, this.#lane + 1)) return NONE;
    const way = sets.find(set, high, low);
    if (way !== NOWHERE && !sets.expired(set, way, this.#time)) {
      channel = words[set + SET.CHANNEL + way] - 1;
      this.incarnation = words[set + SET.INCARNATION + way];
    }
    sets.unlock(set);
    return channel;
  }

  /** A connection of the client begins: from now on the client has this channel. Give the handle to `end`. */
  begin(address: Uint8Array, channel: ChannelId, incarnation: number): StickyHandle {
    const sets = this.#sets, { words } = sets, high = highWord(address), low = lowWord(address);
    const set = sets.of(high, low);
    if (!sets.lock(set, this.#lane + 1)) return NO_HANDLE;
    let way = sets.find(set, high, low);
    if (way === NOWHERE) sets.claim(set, way = sets.victim(set), high, low);
    sets.put(set, way, channel, incarnation, sets.now);
    const place = sets.placeOf(set, way), version = words[set + SET.VERSION + way];
    const handle = sets.held.begin(this.#lane, place, version);
    sets.unlock(set);
    return handle;
  }

  /** The connection has ended. Takes no lock, so that it never fails. */
  end(handle: StickyHandle): void {
    if (handle === NO_HANDLE) return;
    const sets = this.#sets, { held } = sets;
    if (!held.counts(this.#lane, handle)) return;
    // First, because whoever finds no connections looks at the time then.
    sets.touch(placeOf(handle), versionOf(handle));
    held.end(this.#lane, handle);
  }
}
