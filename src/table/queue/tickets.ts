import { CalledTickets } from "./called_tickets.ts";
import type { ChannelId } from "../channel_id.ts";
import { Demand, type Wanted } from "./demand.ts";
import { MAX_WAITING } from "../limits.ts";
import { placeOf, TICKET, type Ticket, WORD } from "./ticket_layout.ts";

/**
 * The tickets of a queue in shared memory: a list in the order of their turns, and for each thread a list of those that
 * were called and that it still has to handle. Whoever calls a method holds the queue's lock, unless it says otherwise.
 * Tickets that nobody has had take no memory.
 */
export class Tickets {
  /** What their clients want. */
  readonly demand: Demand;
  /** Which have been called. */
  readonly calls: CalledTickets;
  readonly #words: Int32Array;

  /** @param words shared by the threads, 0 at first */
  constructor(words: Int32Array) {
    this.#words = words;
    this.demand = new Demand(words);
    this.calls = new CalledTickets(words);
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

  /** The turn of somebody who comes now. */
  newTurn(): number {
    return this.#words[WORD.TURN] = (this.#words[WORD.TURN] + 1) | 0;
  }

  /** Adds a ticket behind those with an earlier turn. Must not be called if `isFull`. */
  add(thread: number, key: number, turn: number, wanted: Wanted): Ticket {
    const words = this.#words, ticket = this.#vacant(), at = placeOf(ticket);
    words[at + TICKET.TURN] = turn;
    words[at + TICKET.THREAD] = thread;
    words[at + TICKET.KEY] = key;
    words[at + TICKET.CALLED] = words[at + TICKET.IN_CALLS] = words[at + TICKET.LEFT] = 0;
    let previous = words[WORD.LAST];
    // Nearly always the last one; somebody who has failed to connect comes back to where he was.
    while (previous !== 0 && isBefore(turn, words[placeOf(previous) + TICKET.TURN])) {
      previous = words[placeOf(previous) + TICKET.PREVIOUS];
    }
    this.#link(ticket, previous);
    this.#waitsAgain(ticket);
    this.demand.begin(ticket, wanted);
    Atomics.add(words, WORD.WAITING, 1);
    return ticket;
  }

  /** Whoever wants only this channel takes others from now on. See `Demand.widen`. */
  widen(id: ChannelId, homeToo = true): void {
    const { demand } = this;
    for (let ticket = this.first(); ticket !== 0 && demand.anyOwns(id); ticket = this.next(ticket)) {
      demand.widen(ticket, id, homeToo);
    }
  }

  /** The first ticket that has not been called; 0 if there is none. */
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

  /** Calls a ticket that has not been called. */
  call(ticket: Ticket, id: ChannelId): void {
    this.#words[WORD.UNCALLED]--;
    this.calls.add(this.threadOf(ticket), ticket, id);
  }

  /** Takes the first of the thread's calls whose client has not left; 0 when there is none. */
  takeCall(thread: number): Ticket {
    for (;;) {
      const ticket = this.calls.take(thread);
      if (ticket === 0 || this.#words[placeOf(ticket) + TICKET.LEFT] === 0) return ticket;
      this.#vacate(ticket);
    }
  }

  /** The call did not help: the ticket waits again. */
  uncall(ticket: Ticket): void {
    this.calls.end(ticket);
    this.#waitsAgain(ticket);
  }

  /** Removes a ticket. */
  remove(ticket: Ticket): void {
    const words = this.#words,
      at = placeOf(ticket),
      next = words[at + TICKET.NEXT],
      previous = words[at + TICKET.PREVIOUS];
    this.demand.end(ticket);
    if (words[at + TICKET.CALLED] !== 0) this.calls.end(ticket);
    else words[WORD.UNCALLED]--;
    if (words[WORD.HINT] === ticket) words[WORD.HINT] = next;
    words[previous === 0 ? WORD.FIRST : placeOf(previous) + TICKET.NEXT] = next;
    words[next === 0 ? WORD.LAST : placeOf(next) + TICKET.PREVIOUS] = previous;
    Atomics.sub(words, WORD.WAITING, 1);
    if (words[at + TICKET.IN_CALLS] === 1) words[at + TICKET.LEFT] = 1;
    else this.#vacate(ticket);
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

/** Turns wrap around after 2^32. */
function isBefore(turn: number, other: number): boolean {
  return ((turn - other) | 0) < 0;
}
