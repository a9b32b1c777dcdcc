import { type ChannelId, groupOf, rowOf } from "./channel_id.ts";
import { CHANNELS } from "./layout.ts";
import { MAX_GROUPS, MAX_LANES, MAX_WAITING, ROWS } from "./limits.ts";

/** A client's place in the queue: a number from 1. */
export type Ticket = number;

/** What a client waits for. */
export interface Wanted {
  /** A bit for each group of which it takes any channel. */
  groups: number;
  /** For each of the other groups, the row of the only channel that it takes, plus 1; 0 for none. */
  readonly own: Uint8Array;
  /** Whether it has seen a channel fail. Then it takes none of which the last connect failed. */
  wary: boolean;
}

/** Words (32 bits) of a ticket. Nobody has ticket 0. */
const TICKET = {
  NEXT: 0,
  PREVIOUS: 1,
  /** Which turn it has: whoever has come earlier has a smaller one. */
  TURN: 2,
  THREAD: 3,
  /** What its thread calls the client. */
  KEY: 4,
  GROUPS: 5,
  WARY: 6,
  /** The channel that it has been called for, plus 1; 0 while it has not been called. */
  CALLED: 7,
  /** The next of its thread's calls. */
  NEXT_CALL: 8,
  /** Whether it is among these. */
  IN_CALLS: 9,
  /** Whether its client has left while it was among these. */
  LEFT: 10,
  /** Eight words: a byte for each group. */
  OWN: 16,
  WORDS: 24,
} as const;

/** Words of the list. WAITING, which is read without the lock, has a cache line of its own. */
const WORD = { WAITING: 0, FIRST: 16, LAST: 17, HINT: 18, UNCALLED: 19, VACANT: 20, USED: 21, TURN: 22 } as const;

/** For each thread, the first and the last of its calls. */
const CALLS = 32;
/** For each group, how many want any of its channels. */
const ANY = CALLS + MAX_LANES * 16;
/** For each channel, how many want it and no other of its group. */
const OWN = ANY + MAX_GROUPS;
/** For each channel, how many have been called for it. */
const CALLED = OWN + CHANNELS;
const TICKETS = CALLED + CHANNELS;

/**
 * The tickets of a queue in shared memory: a list in the order of their turns, and for each thread a list of those that
 * were called and that it has still to look after. Whoever calls a method holds the queue's lock, unless it says
 * otherwise. Tickets that nobody has had take no memory.
 */
export class Tickets {
  /** Words (32 bits) that it needs. */
  static readonly WORDS = TICKETS + (MAX_WAITING + 1) * TICKET.WORDS;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param words shared by the threads, 0 at first */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** How many clients wait. Needs no lock. */
  get waiting(): number {
    return Atomics.load(this.#words, WORD.WAITING);
  }

  /** How many of these have not been called. */
  get uncalled(): number {
    return this.#words[WORD.UNCALLED];
  }

  /** Whether there is no room for one more ticket. */
  get isFull(): boolean {
    return this.#words[WORD.VACANT] === 0 && this.#words[WORD.USED] === MAX_WAITING;
  }

  /** Whether somebody waits for this channel. Needs no lock. */
  anyFor(id: ChannelId): boolean {
    return Atomics.load(this.#words, ANY + groupOf(id)) > 0 || Atomics.load(this.#words, OWN + id) > 0;
  }

  /** How many have been called for the channel. */
  calledFor(id: ChannelId): number {
    return this.#words[CALLED + id];
  }

  /** The turn of somebody who comes now. */
  newTurn(): number {
    return this.#words[WORD.TURN] = (this.#words[WORD.TURN] + 1) | 0;
  }

  /** Adds a ticket behind those with an earlier turn. Not if `isFull`. */
  add(thread: number, key: number, turn: number, wanted: Wanted): Ticket {
    const words = this.#words, ticket = this.#vacant(), at = placeOf(ticket);
    words[at + TICKET.TURN] = turn;
    words[at + TICKET.THREAD] = thread;
    words[at + TICKET.KEY] = key;
    words[at + TICKET.CALLED] = words[at + TICKET.IN_CALLS] = words[at + TICKET.LEFT] = 0;
    words[at + TICKET.GROUPS] = 0;
    words.fill(0, at + TICKET.OWN, at + TICKET.WORDS);
    let previous = words[WORD.LAST];
    // Nearly always the last one; somebody who has failed to connect comes back to where he was.
    while (previous !== 0 && isBefore(turn, words[placeOf(previous) + TICKET.TURN])) {
      previous = words[placeOf(previous) + TICKET.PREVIOUS];
    }
    this.#link(ticket, previous);
    this.#waitsAgain(ticket);
    this.want(ticket, wanted);
    Atomics.add(words, WORD.WAITING, 1);
    return ticket;
  }

  /** The client of the ticket wants this from now on. */
  want(ticket: Ticket, { groups, own, wary }: Wanted): void {
    const words = this.#words, at = placeOf(ticket);
    this.#count(ticket, -1);
    words[at + TICKET.GROUPS] = groups;
    words[at + TICKET.WARY] = wary ? 1 : 0;
    this.#bytes.set(own, (at + TICKET.OWN) * 4);
    this.#count(ticket, 1);
  }

  /** Whether the client of the ticket takes this channel; `failing` if the last connect to it failed. */
  wants(ticket: Ticket, id: ChannelId, failing: boolean): boolean {
    const at = placeOf(ticket), group = groupOf(id);
    if (failing && this.#words[at + TICKET.WARY] === 1) return false;
    if (this.#words[at + TICKET.GROUPS] >>> group & 1) return true;
    return this.#bytes[(at + TICKET.OWN) * 4 + group] === rowOf(id) + 1;
  }

  /** Whoever wants only this channel of its group takes any of the group from now on. */
  widen(id: ChannelId): void {
    const words = this.#words, group = groupOf(id);
    for (let ticket = words[WORD.FIRST]; ticket !== 0 && words[OWN + id] > 0; ticket = this.next(ticket)) {
      const at = placeOf(ticket), own = (at + TICKET.OWN) * 4 + group;
      if (this.#bytes[own] !== rowOf(id) + 1) continue;
      this.#count(ticket, -1);
      this.#bytes[own] = 0;
      words[at + TICKET.GROUPS] |= 1 << group;
      this.#count(ticket, 1);
    }
  }

  /** Whether somebody wants this channel and no other of its group. */
  anyOwns(id: ChannelId): boolean {
    return this.#words[OWN + id] > 0;
  }

  /** A ticket that has not been called and before which none is like that; 0 if there is none. */
  firstUncalled(): Ticket {
    const words = this.#words;
    let ticket = words[WORD.HINT];
    while (ticket !== 0 && words[placeOf(ticket) + TICKET.CALLED] !== 0) ticket = this.next(ticket);
    return words[WORD.HINT] = ticket;
  }

  /** The one behind it; 0 if it is the last. */
  next(ticket: Ticket): Ticket {
    return this.#words[placeOf(ticket) + TICKET.NEXT];
  }

  /** The first of all; 0 if there is none. */
  first(): Ticket {
    return this.#words[WORD.FIRST];
  }

  threadOf(ticket: Ticket): number {
    return this.#words[placeOf(ticket) + TICKET.THREAD];
  }

  /** What its thread calls the client. Needs no lock in that thread. */
  keyOf(ticket: Ticket): number {
    return this.#words[placeOf(ticket) + TICKET.KEY];
  }

  turnOf(ticket: Ticket): number {
    return this.#words[placeOf(ticket) + TICKET.TURN];
  }

  /** The channel that it has been called for; NONE (-1) while it has not been called. */
  channelOf(ticket: Ticket): ChannelId {
    return this.#words[placeOf(ticket) + TICKET.CALLED] - 1;
  }

  isCalled(ticket: Ticket): boolean {
    return this.#words[placeOf(ticket) + TICKET.CALLED] !== 0;
  }

  /** Calls a ticket that has not been called. */
  call(ticket: Ticket, id: ChannelId): void {
    const words = this.#words, at = placeOf(ticket);
    words[at + TICKET.CALLED] = id + 1;
    words[CALLED + id]++;
    words[WORD.UNCALLED]--;
    const calls = CALLS + words[at + TICKET.THREAD] * 16, last = words[calls + 1];
    words[at + TICKET.IN_CALLS] = 1;
    words[at + TICKET.NEXT_CALL] = 0;
    if (last === 0) Atomics.store(words, calls, ticket);
    else words[placeOf(last) + TICKET.NEXT_CALL] = ticket;
    words[calls + 1] = ticket;
  }

  /** Whether the thread has calls to look after. Needs no lock. */
  hasCalls(thread: number): boolean {
    return Atomics.load(this.#words, CALLS + thread * 16) !== 0;
  }

  /** Takes the first of the thread's calls whose client has not left; 0 when there is none. */
  takeCall(thread: number): Ticket {
    const words = this.#words, calls = CALLS + thread * 16;
    for (;;) {
      const ticket = words[calls];
      if (ticket === 0) return 0;
      const at = placeOf(ticket), next = words[at + TICKET.NEXT_CALL];
      Atomics.store(words, calls, next);
      if (next === 0) words[calls + 1] = 0;
      words[at + TICKET.IN_CALLS] = 0;
      if (words[at + TICKET.LEFT] === 0) return ticket;
      this.#vacate(ticket);
    }
  }

  /** The call did not help: the ticket waits again. */
  uncall(ticket: Ticket): void {
    this.#endCall(ticket);
    this.#waitsAgain(ticket);
  }

  /** Removes a ticket. */
  remove(ticket: Ticket): void {
    const words = this.#words,
      at = placeOf(ticket),
      next = words[at + TICKET.NEXT],
      previous = words[at + TICKET.PREVIOUS];
    this.#count(ticket, -1);
    if (words[at + TICKET.CALLED] !== 0) this.#endCall(ticket);
    else words[WORD.UNCALLED]--;
    if (words[WORD.HINT] === ticket) words[WORD.HINT] = next;
    words[previous === 0 ? WORD.FIRST : placeOf(previous) + TICKET.NEXT] = next;
    words[next === 0 ? WORD.LAST : placeOf(next) + TICKET.PREVIOUS] = previous;
    Atomics.sub(words, WORD.WAITING, 1);
    if (words[at + TICKET.IN_CALLS] === 1) words[at + TICKET.LEFT] = 1;
    else this.#vacate(ticket);
  }

  #endCall(ticket: Ticket): void {
    const words = this.#words, at = placeOf(ticket);
    words[CALLED + words[at + TICKET.CALLED] - 1]--;
    words[at + TICKET.CALLED] = 0;
  }

  #waitsAgain(ticket: Ticket): void {
    const words = this.#words, hint = words[WORD.HINT];
    words[WORD.UNCALLED]++;
    if (hint === 0 || isBefore(this.turnOf(ticket), this.turnOf(hint))) words[WORD.HINT] = ticket;
  }

  #link(ticket: Ticket, previous: Ticket): void {
    const words = this.#words,
      at = placeOf(ticket),
      after = previous === 0 ? WORD.FIRST : placeOf(previous) + TICKET.NEXT;
    const next = words[after];
    words[at + TICKET.PREVIOUS] = previous;
    words[at + TICKET.NEXT] = next;
    words[after] = ticket;
    words[next === 0 ? WORD.LAST : placeOf(next) + TICKET.PREVIOUS] = ticket;
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

  #vacant(): Ticket {
    const words = this.#words, vacant = words[WORD.VACANT];
    if (vacant === 0) return ++words[WORD.USED];
    words[WORD.VACANT] = words[placeOf(vacant) + TICKET.NEXT];
    return vacant;
  }

  #vacate(ticket: Ticket): void {
    this.#words[placeOf(ticket) + TICKET.NEXT] = this.#words[WORD.VACANT];
    this.#words[WORD.VACANT] = ticket;
  }
}

function placeOf(ticket: Ticket): number {
  return TICKETS + ticket * TICKET.WORDS;
}

/** Turns wrap around after 2^32. */
function isBefore(turn: number, other: number): boolean {
  return ((turn - other) | 0) < 0;
}
