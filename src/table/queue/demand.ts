import { type ChannelId, groupOf, rowOf } from "../channel_id.ts";
import { MAX_GROUPS, ROWS } from "../limits.ts";
import { ANY, OWN, placeOf, TICKET, type Ticket, WORD } from "./ticket_layout.ts";

/** What a client waits for. */
export interface Wanted {
  /** A bit for each group of which it takes any channel. */
  groups: number;
  /** For each of the other groups, the row of the only channel that it takes, plus 1; 0 for none. */
  readonly own: Uint8Array;
  /** Whether it has seen a channel fail. Then it takes none of which the last connect failed. */
  wary: boolean;
  /** Whether the one channel in `own` is all that it takes, in any group. Default false. */
  home?: boolean;
  /** A bit for each group that it may use, whether it wants a channel there or not. Default: all. */
  usable?: number;
  /** `Queue.asked` before any of this was found out. Default: nothing of it depends on that. */
  asked?: number;
}

/**
 * What the clients that wait want, and how many want each channel. Whoever calls a method holds the queue's lock, unless
 * it says otherwise.
 */
export class Demand {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** Whether somebody waits for this channel. Needs no lock. */
  anyFor(id: ChannelId): boolean {
    return Atomics.load(this.#words, ANY + groupOf(id)) > 0 || Atomics.load(this.#words, OWN + id) > 0;
  }

  /** Whether somebody wants this channel and no other of its group. */
  anyOwns(id: ChannelId): boolean {
    return this.#words[OWN + id] > 0;
  }

  /** The client of a new ticket wants this. */
  begin(ticket: Ticket, { groups, own, wary, home = false, usable = -1, asked = this.asked }: Wanted): void {
    const words = this.#words, at = placeOf(ticket);
    words[at + TICKET.USABLE] = usable;
    words[at + TICKET.ASKED] = asked;
    words[at + TICKET.GROUPS] = groups;
    words[at + TICKET.WARY] = wary ? 1 : 0;
    words[at + TICKET.HOME] = home ? 1 : 0;
    this.#bytes.set(own, (at + TICKET.OWN) * 4);
    this.#count(ticket, 1);
  }

  /** How often those who wait were asked to say again what they want. Needs no lock. */
  get asked(): number {
    return Atomics.load(this.#words, WORD.ASKED);
  }

  /** What they want is to be said again. */
  ask(): void {
    Atomics.add(this.#words, WORD.ASKED, 1);
  }

  /** Whether the client of the ticket has been asked since it said what it wants. Needs no lock in its thread. */
  isOutdated(ticket: Ticket): boolean {
    return this.#words[placeOf(ticket) + TICKET.ASKED] !== this.asked;
  }

  /** A bit for each group that the client of the ticket may use. */
  usableOf(ticket: Ticket): number {
    return this.#words[placeOf(ticket) + TICKET.USABLE];
  }

  /** The client of the ticket wants something else from now on. */
  change(ticket: Ticket, wanted: Wanted): void {
    this.end(ticket);
    this.begin(ticket, wanted);
  }

  /** The client of the ticket wants nothing any more. */
  end(ticket: Ticket): void {
    this.#count(ticket, -1);
  }

  /** Whether the client of the ticket takes this channel; `failing` if the last connect to it failed. */
  wants(ticket: Ticket, id: ChannelId, failing: boolean): boolean {
    const at = placeOf(ticket), group = groupOf(id);
    if (failing && this.#words[at + TICKET.WARY] === 1) return false;
    if (this.#words[at + TICKET.GROUPS] >>> group & 1) return true;
    return this.#bytes[(at + TICKET.OWN) * 4 + group] === rowOf(id) + 1;
  }

  /**
   * If the client of the ticket wants only this channel of its group, it takes any of the group from now on. If it wants
   * no other in any group, it takes all that it may use, unless `homeToo` is false: then it goes on wanting this one.
   */
  widen(ticket: Ticket, id: ChannelId, homeToo: boolean): void {
    const group = groupOf(id), at = placeOf(ticket), own = (at + TICKET.OWN) * 4 + group;
    const isHome = this.#words[at + TICKET.HOME] === 1;
    if (this.#bytes[own] !== rowOf(id) + 1 || isHome && !homeToo) return;
    this.#count(ticket, -1);
    this.#bytes[own] = this.#words[at + TICKET.HOME] = 0;
    this.#words[at + TICKET.GROUPS] |= isHome ? this.usableOf(ticket) : 1 << group;
    this.#count(ticket, 1);
  }

  /** Counts, `by` 1 or -1, what the ticket's client wants. */
  #count(ticket: Ticket, by: 1 | -1): void {
    const words = this.#words, at = placeOf(ticket);
    for (let bits = words[at + TICKET.GROUPS]; bits !== 0; bits &= bits - 1) {
      Atomics.add(words, ANY + 31 - Math.clz32(bits & -bits), by);
    }
    for (let i = 0; i < MAX_GROUPS / 4; i++) {
      if (words[at + TICKET.OWN + i] === 0) continue;
      for (let group = 4 * i; group < 4 * i + 4; group++) {
        const row = this.#bytes[(at + TICKET.OWN) * 4 + group];
        if (row !== 0) Atomics.add(words, OWN + group * ROWS + row - 1, by);
      }
    }
  }
}
