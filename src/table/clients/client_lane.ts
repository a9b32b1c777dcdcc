import { isMapped, wordAt } from "../address.ts";
import { HEADER, SET } from "./client_layout.ts";
import { NOWHERE } from "../place_sets.ts";
import { ClientSets } from "./client_sets.ts";
import { NO_HANDLE, type PlaceHandle } from "../held_counts.ts";
import { Pace, type RateLimit } from "./pace.ts";

export { NO_HANDLE };

/** What each client may have. */
export interface ClientLimits {
  /** Connections at the same time. Default: any number. */
  readonly connections?: number;
  /** New connections. Default: as many as it likes. */
  readonly rate?: RateLimit;
}

/** What a connection keeps until it ends, see `ClientLane.leave`. */
export type ClientHandle = PlaceHandle;

/** Which limit a client has reached. */
export const REACHED = { NONE: 0, CONNECTIONS: 1, RATE: 2 } as const;

/** One of these. */
export type Reached = typeof REACHED[keyof typeof REACHED];

/** What one thread does with a `ClientTable`: lets clients in, and notes that they leave. Allocates nothing. */
export class ClientLane {
  /** Which limit the client that came last has reached. */
  reached: Reached = REACHED.NONE;
  readonly #sets: ClientSets;
  readonly #lane: number;
  readonly #connections: number;
  readonly #pace: Pace | undefined;
  /** Which bits of an IPv6 address tell clients apart. */
  readonly #mask: Int32Array;
  /** The part of the client's address that tells it apart. */
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(buffer: SharedArrayBuffer, lane: number, { connections = Infinity, rate }: ClientLimits) {
    this.#sets = new ClientSets(buffer);
    this.#lane = lane;
    this.#connections = connections;
    this.#pace = rate && new Pace(rate);
    this.#mask = maskOf(this.#sets.words[HEADER.PREFIX]);
  }

  /**
   * The client with these sixteen address bytes comes, and its connection counts unless it has `reached` a limit. Both
   * limits are exact over all threads. A client that is refused uses up nothing of its rate.
   *
   * @param now milliseconds of a clock that all threads share
   * @param enforced whether to refuse. Otherwise the connection counts all the same
   * @returns what to give to `leave`; NO_HANDLE if the connection does not count. Then the client has either `reached` a
   * limit, or there was no place for it in the table, and it may connect
   */
  enter(address: Uint8Array, now: number, enforced = true): ClientHandle {
    this.reached = REACHED.NONE;
    this.#read(address);
    const sets = this.#sets, set = sets.of(this.#a, this.#b, this.#c, this.#d);
    if (!sets.lock(set, this.#lane + 1)) return this.#uncounted();
    const handle = this.#enterSet(set, now, enforced);
    sets.unlock(set);
    return handle;
  }

  /** The connection has ended. Takes no lock, so that it never fails. */
  leave(handle: ClientHandle): void {
    const { held } = this.#sets;
    // Otherwise there was no place for it.
    if (handle !== NO_HANDLE && held.counts(this.#lane, handle)) held.end(this.#lane, handle);
  }

  /** Connections of a client now. */
  connectionsOf(address: Uint8Array): number {
    this.#read(address);
    const sets = this.#sets, set = sets.of(this.#a, this.#b, this.#c, this.#d);
    const way = sets.find(set, this.#a, this.#b, this.#c, this.#d);
    return way === NOWHERE ? 0 : sets.connections(set, way);
  }

  /** The memory of a table that knows only this client, and the few that share a set with it. Main thread only. */
  copyFor(address: Uint8Array): SharedArrayBuffer {
    this.#read(address);
    return this.#sets.copyOf(this.#sets.of(this.#a, this.#b, this.#c, this.#d));
  }

  #enterSet(set: number, now: number, enforced: boolean): ClientHandle {
    const sets = this.#sets, { words, doubles } = sets;
    let way = sets.find(set, this.#a, this.#b, this.#c, this.#d);
    if (way === NOWHERE) {
      way = sets.victim(set);
      if (way === NOWHERE) return this.#uncounted();
      sets.claim(set, way, this.#a, this.#b, this.#c, this.#d);
    }
    const place = sets.placeOf(set, way), pace = this.#pace, at = (set + SET.LEVEL) / 2 + way;
    const seen = (set + SET.SEEN) / 2 + way;
    doubles[at] = pace === undefined ? 0 : pace.level(doubles[at], now - doubles[seen]);
    doubles[seen] = Math.max(now, doubles[seen]);
    const version = words[set + SET.VERSION + way];
    if (this.#connections < Infinity && sets.held.of(place, version) >= this.#connections) {
      this.reached = REACHED.CONNECTIONS;
    } else if (pace !== undefined) {
      if (pace.wait(doubles[at]) > 0) this.reached = REACHED.RATE;
      else doubles[at]++;
    }
    if (this.reached !== REACHED.NONE) {
      words[set + SET.REFUSED + way]++;
      if (enforced) return NO_HANDLE;
    }
    return sets.held.begin(this.#lane, place, version);
  }

  #uncounted(): ClientHandle {
    Atomics.add(this.#sets.words, HEADER.UNCOUNTED, 1);
    return NO_HANDLE;
  }

  #read(address: Uint8Array): void {
    const mask = this.#mask, all = isMapped(address);
    this.#a = wordAt(address, 0) & (all ? -1 : mask[0]);
    this.#b = wordAt(address, 4) & (all ? -1 : mask[1]);
    this.#c = wordAt(address, 8) & (all ? -1 : mask[2]);
    this.#d = wordAt(address, 12) & (all ? -1 : mask[3]);
  }
}

/** The mask of a prefix of so many bits, in words. */
function maskOf(prefix: number): Int32Array {
  return Int32Array.from({ length: 4 }, (_, i) => {
    const bits = Math.min(32, Math.max(0, prefix - i * 32));
    // A shift by 32 would be one by 0.
    return bits === 0 ? 0 : -1 << 32 - bits;
  });
}
