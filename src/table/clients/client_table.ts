import { HEADER, SET, WAYS } from "./client_layout.ts";
import { ClientSets } from "./client_sets.ts";
import { MAX_PLACES } from "../held_counts.ts";
import { MAX_LANES } from "../limits.ts";
import { MAIN } from "../owned_lock.ts";

/** A client that a `ClientTable` knows. */
export interface KnownClient {
  /** Sixteen bytes: an IPv4-mapped address, or an IPv6 address whose bits behind the prefix are 0. */
  readonly address: Uint8Array;
  /** Connections that it has now. */
  readonly connections: number;
  /** How often it has been refused since the table knows it. */
  readonly refused: number;
}

/** One that has a place now. */
interface PlacedClient extends KnownClient {
  readonly way: number;
  readonly version: number;
}

/**
 * The clients of one service, in a SharedArrayBuffer of fixed size: how many connections each has, what it has used up of
 * its rate, and how often it was refused. The table is set-associative: a client can be in one of eight places. If other
 * clients have them all, it gets the place of the one that has been away longest. A client with connections keeps its
 * place, however many others come. If all eight have connections, which hardly happens while the table has twice as many
 * places as there may be connections, the client connects without being counted.
 *
 * Threads use a `ClientLane`; everything here is for the main thread.
 */
export class ClientTable {
  readonly buffer: SharedArrayBuffer;
  readonly #sets: ClientSets;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#sets = new ClientSets(buffer);
  }

  /**
   * Makes an empty table.
   *
   * @param size clients that it holds; it is rounded up to whole sets of eight
   * @param prefix how many bits of an IPv6 address tell clients apart; an IPv4 address always does
   * @param lanes threads that may use it
   * @param seed decides which clients share a set. Default: a random one
   * @throws {RangeError} when one of these numbers is out of range
   */
  static create(size: number, prefix = 64, lanes = 1, seed = Math.random() * 2 ** 32): ClientTable {
    checkRange("clients", size, MAX_PLACES);
    checkRange("bits of a prefix", prefix, 128);
    checkRange("lanes", lanes, MAX_LANES);
    const buffer = ClientSets.create(Math.ceil(size / WAYS), lanes, seed);
    new Int32Array(buffer)[HEADER.PREFIX] = prefix;
    return new ClientTable(buffer);
  }

  /** The table in this buffer. */
  static attach(buffer: SharedArrayBuffer): ClientTable {
    return new ClientTable(buffer);
  }

  /** Clients that it has room for. */
  get size(): number {
    return this.#sets.count * WAYS;
  }

  /** How many bits of an IPv6 address tell clients apart. */
  get prefix(): number {
    return this.#sets.words[HEADER.PREFIX];
  }

  /** Connections that did not count, because there was no place for their clients. */
  get uncounted(): number {
    return Atomics.load(this.#sets.words, HEADER.UNCOUNTED) >>> 0;
  }

  /** Calls `each` with every client that has connections or has been refused. */
  forEach(each: (client: KnownClient) => void): void {
    for (let number = 0; number < this.#sets.count; number++) {
      const clients = this.#clientsOf(this.#sets.at(number));
      for (const client of clients) each(client);
    }
  }

  /**
   * Forgets how fast clients have come and how often they were refused; connections go on counting.
   *
   * @param matches which clients, by their sixteen bytes. Default: all
   * @returns how many of these had been refused
   */
  forgive(matches: (address: Uint8Array) => boolean = () => true): number {
    const sets = this.#sets, { words, doubles } = sets;
    let count = 0;
    for (let number = 0; number < sets.count; number++) {
      const set = sets.at(number);
      // Whoever is in it is looked at without the lock, since `matches` may take long, and again with it.
      const clients = this.#clientsOf(set, true).filter(({ address }) => matches(address));
      this.#locked(set, () => {
        for (const { way, version } of clients) {
          if (words[set + SET.VERSION + way] !== version) continue;
          doubles[(set + SET.LEVEL) / 2 + way] = 0;
          if (words[set + SET.REFUSED + way] !== 0) count++;
          words[set + SET.REFUSED + way] = 0;
        }
      });
    }
    return count;
  }

  /** Frees what a dead thread has locked, and ends its connections. Only once the thread is gone. */
  abandon(lane: number): void {
    this.#sets.breakLocks(lane + 1);
    this.#sets.held.abandon(lane);
  }

  #clientsOf(set: number, all = false): PlacedClient[] {
    const sets = this.#sets, { words } = sets;
    // Most sets are empty, at first all.
    if (!this.#isUsed(set)) return [];
    return this.#locked(set, () => {
      const clients: PlacedClient[] = [];
      for (let way = 0; way < WAYS; way++) {
        const connections = sets.connections(set, way), refused = words[set + SET.REFUSED + way] >>> 0;
        if (!sets.isTaken(set, way) || !all && connections === 0 && refused === 0) continue;
        clients.push({
          address: this.#addressAt(set, way),
          connections,
          refused,
          way,
          version: words[set + SET.VERSION + way],
        });
      }
      return clients;
    }) ?? [];
  }

  #isUsed(set: number): boolean {
    for (let way = 0; way < WAYS; way++) if (this.#sets.isTaken(set, way)) return true;
    return false;
  }

  #addressAt(set: number, way: number): Uint8Array {
    const bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(i * 4, this.#sets.words[set + SET.ADDRESS + i * WAYS + way]);
    return bytes;
  }

  /** @returns undefined when the set stays locked, because a thread has died that main has not heard of yet */
  #locked<T>(set: number, act: () => T): T | undefined {
    if (!this.#sets.lock(set, MAIN)) return undefined;
    try {
      return act();
    } finally {
      this.#sets.unlock(set);
    }
  }
}

function checkRange(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RangeError(`Cannot make client table: ${value} ${what}, but there must be 1 to ${most}`);
}
