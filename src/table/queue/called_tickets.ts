import type { ChannelId } from "../channel_id.ts";
import { CALLED, CALLS, placeOf, TICKET, type Ticket } from "./ticket_layout.ts";

/**
 * Which tickets have been called, for which channel, and for each thread a list of those that it still has to handle.
 * Whoever calls a method holds the queue's lock, unless it says otherwise.
 */
export class CalledTickets {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** How many have been called for the channel. */
  calledFor(id: ChannelId): number {
    return this.#words[CALLED + id];
  }

  /** The channel that it has been called for; NONE (-1) while it has not been called. */
  channelOf(ticket: Ticket): ChannelId {
    return this.#words[placeOf(ticket) + TICKET.CALLED] - 1;
  }

  isCalled(ticket: Ticket): boolean {
    return this.#words[placeOf(ticket) + TICKET.CALLED] !== 0;
  }

  /** Whether the thread has calls to handle. Needs no lock. */
  any(thread: number): boolean {
    return Atomics.load(this.#words, CALLS + thread * 16) !== 0;
  }

  /** A thread's ticket, which has not been called, is called for this channel. */
  add(thread: number, ticket: Ticket, id: ChannelId): void {
    this.#words[placeOf(ticket) + TICKET.CALLED] = id + 1;
    this.#words[CALLED + id]++;
    this.list(thread, ticket);
  }

  /** The thread is to look after its ticket, unless it is about to anyway. */
  list(thread: number, ticket: Ticket): void {
    const words = this.#words, at = placeOf(ticket), calls = CALLS + thread * 16, last = words[calls + 1];
    if (words[at + TICKET.IN_CALLS] === 1) return;
    words[at + TICKET.IN_CALLS] = 1;
    words[at + TICKET.NEXT_CALL] = 0;
    if (last === 0) Atomics.store(words, calls, ticket);
    else words[placeOf(last) + TICKET.NEXT_CALL] = ticket;
    words[calls + 1] = ticket;
  }

  /** Takes the first ticket from the thread's list, perhaps one whose client has left; 0 when there is none. */
  take(thread: number): Ticket {
    const words = this.#words, calls = CALLS + thread * 16, ticket = words[calls];
    if (ticket === 0) return 0;
    const at = placeOf(ticket), next = words[at + TICKET.NEXT_CALL];
    Atomics.store(words, calls, next);
    if (next === 0) words[calls + 1] = 0;
    words[at + TICKET.IN_CALLS] = 0;
    return ticket;
  }

  /** The ticket is not called any more; it stays in its thread's list. */
  end(ticket: Ticket): void {
    const words = this.#words, at = placeOf(ticket);
    words[CALLED + words[at + TICKET.CALLED] - 1]--;
    words[at + TICKET.CALLED] = 0;
  }
}
