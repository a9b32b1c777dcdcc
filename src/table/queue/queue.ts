import { type ChannelId, channelId, NONE } from "../channel_id.ts";
import { MAX_GROUPS } from "../limits.ts";
import { Lock } from "./lock.ts";
import { type Leaving, QueueCounters, type QueueCounts } from "./queue_counters.ts";
import type { Table } from "../table.ts";
import { Calling } from "./calling.ts";
import type { Wanted } from "./demand.ts";
import { type Ticket, TICKET_WORDS } from "./ticket_layout.ts";
import { Tickets } from "./tickets.ts";

export type { Leaving, Ticket, Wanted };

/** Where the counters begin, in doubles: behind the lock's cache line. Words of all that comes before the tickets. */
const COUNTERS = 8, FIRST_WORD = 32;

/**
 * The clients of one service that wait because every channel they could take is full, in the order in which they came,
 * over all threads. A client is _called_ for a channel that has a place: its thread then reserves that channel for it
 * (`answered`), or, if the place is gone, leaves it where it was.
 *
 * Nobody waits while a place is free, and nobody gets one before those who came earlier:
 *
 * 1. As many are called for a channel as it has free places, the first of those who want it (`Calling`). This is made
 *    true again, with the lock held, whenever it may have become false: when a place comes free, when a client joins,
 *    when a call has been answered, and when a client that was called leaves.
 * 2. A place comes free without the lock: the table is changed, and then `freed` looks whether anybody waits. Whoever
 *    joins counts as waiting, and then looks for free places. As all of these are atomic, at least one of the two sees
 *    the other.
 * 3. A client that has not joined takes no channel for which somebody waits (`claims`), unless its last connect failed:
 *    there it goes ahead, since those who wait may have seen it fail.
 *
 * What a client wants depends on which groups are for it. When that changes (`reconsider`), its thread says so anew; until
 * then, nobody who came later is called.
 *
 * A call is never lost: it ends when it is answered or its client leaves, and either makes (1) true again. A thread that
 * dies has its clients removed (`drop`).
 */
export class Queue {
  readonly buffer: SharedArrayBuffer;
  readonly #table: Table;
  readonly #thread: number;
  readonly #wake: (thread: number) => void;
  readonly #lock: Lock;
  readonly #counters: QueueCounters;
  readonly #tickets: Tickets;
  readonly #calling: Calling;

  protected constructor(buffer: SharedArrayBuffer, table: Table, thread: number, wake: (thread: number) => void) {
    const words = new Int32Array(buffer);
    this.buffer = buffer;
    this.#table = table;
    this.#thread = thread;
    this.#wake = wake;
    this.#lock = new Lock(words, 0);
    this.#counters = new QueueCounters(new Float64Array(buffer, COUNTERS * 8, QueueCounters.DOUBLES));
    this.#tickets = new Tickets(words.subarray(FIRST_WORD));
    this.#calling = new Calling(table, this.#tickets);
  }

  /** Shared memory for the queue of a service. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer((FIRST_WORD + TICKET_WORDS) * 4);
  }

  /**
   * Gives the table a queue, as this thread sees both.
   *
   * @param thread its number, NONE if it has no clients
   * @param wake called when a thread has calls to look after (`nextCall`), also if it is this one; must not do so at once
   */
  static attach(buffer: SharedArrayBuffer, table: Table, thread: number, wake: (thread: number) => void): Queue {
    const queue = new Queue(buffer, table, thread, wake);
    table.queue = queue;
    // What this thread has given back before that called nobody.
    queue.changed();
    return queue;
  }

  /**
   * Makes sure that the table has a queue, if clients may wait for some seconds (`queue`), and notes how many may. Once
   * it has one, it stays. See `attach`.
   */
  static provide(
    table: Table,
    { queue, queueLimit }: { readonly queue: number; readonly queueLimit: number },
    thread: number,
    wake: (thread: number) => void,
  ): void {
    if (queue > 0 && table.queue === undefined) Queue.attach(Queue.memory(), table, thread, wake);
    if (table.queue !== undefined) table.queue.limit = queueLimit;
  }

  /** Clients that wait now. */
  get waiting(): number {
    return this.#tickets.waiting;
  }

  /**
   * Whether a client that has not joined must leave the channel to those who wait.
   *
   * @param groups a bit for each group that it may use
   */
  claims(id: ChannelId, groups = -1): boolean {
    const table = this.#table, tickets = this.#tickets;
    if (tickets.waiting === 0 || !tickets.demand.anyFor(id) || table.failing(id)) return false;
    // Nobody is called for a channel that is down while another is up; whoever needs it nevertheless may have it.
    const by = table.disabledBy(id);
    return by === 0 || (by & ~table.ignorable(groups)) === 0;
  }

  /**
   * A client joins. It may be called at once.
   *
   * @param key what `nextCall` will return
   * @param limit most clients that may wait
   * @param turn the turn that it had before, so that it gets back there, whatever the limit
   * @returns undefined if it may not
   */
  join(key: number, wanted: Wanted, limit: number, turn?: number): Ticket | undefined {
    const tickets = this.#tickets;
    this.#lock.acquire();
    try {
      if (tickets.isFull || turn === undefined && tickets.waiting >= limit) return undefined;
      const ticket = tickets.add(this.#thread, key, turn ?? tickets.newTurn(), wanted);
      this.#calling.look(ticket, wanted);
      this.#calling.callAll();
      return ticket;
    } finally {
      this.#unlock();
    }
  }

  /** The turn of a client that waits. */
  turnOf(ticket: Ticket): number {
    return this.#tickets.turnOf(ticket);
  }

  /** The client of the ticket wants something else from now on. */
  want(ticket: Ticket, wanted: Wanted): void {
    this.#lock.acquire();
    this.#tickets.demand.change(ticket, wanted);
    this.#calling.look(ticket, wanted);
    this.#calling.callAll();
    this.#unlock();
  }

  /** How often all have been asked to say again what they want. */
  get asked(): number {
    return this.#tickets.demand.asked;
  }

  /** Whether the client of the ticket, one of this thread, has been asked since it said what it wants. */
  isOutdated(ticket: Ticket): boolean {
    return this.#tickets.demand.isOutdated(ticket);
  }

  /**
   * Groups are for other clients: all who wait are to say again what they want. Their threads get a call for each
   * (`nextCall`), which may be for no channel. Whoever finds out at this moment what it wants is asked when it joins.
   */
  reconsider(): void {
    const tickets = this.#tickets;
    this.#lock.acquire();
    tickets.demand.ask();
    for (let ticket = tickets.first(); ticket !== 0; ticket = tickets.next(ticket)) this.#calling.ask(ticket);
    this.#unlock();
  }

  /** Whether clients of this thread have been called. */
  get hasCalls(): boolean {
    return this.#tickets.calls.any(this.#thread);
  }

  /**
   * The key of this thread's next client that has been called, NONE when there is none. `answered` must follow or, if it
   * has been called for no channel, `want`.
   */
  nextCall(): number {
    if (!this.hasCalls) return NONE;
    this.#lock.acquire();
    const ticket = this.#tickets.takeCall(this.#thread);
    this.#lock.release();
    return ticket === 0 ? NONE : this.#tickets.keyOf(ticket);
  }

  /** The channel that a client has been called for; NONE if it is only to say again what it wants. */
  channelOf(ticket: Ticket): ChannelId {
    return this.#tickets.calls.channelOf(ticket);
  }

  /**
   * A client that was called has reserved the channel, which ends its ticket; or it could not, and keeps waiting.
   *
   * @param wanted what it wants then, if that may be something else
   */
  answered(ticket: Ticket, reserved: boolean, wanted?: Wanted): void {
    const tickets = this.#tickets, id = tickets.calls.channelOf(ticket);
    this.#lock.acquire();
    if (reserved) {
      tickets.remove(ticket);
      this.#counters.served();
    } else {
      tickets.uncall(ticket);
      if (wanted !== undefined) {
        tickets.demand.change(ticket, wanted);
        this.#calling.look(ticket, wanted);
      }
    }
    // A client that waits again may want a place that came free while it had been called.
    if (reserved) this.#calling.call(id);
    else this.#calling.callAll();
    this.#unlock();
  }

  /** A client stops waiting. */
  leave(ticket: Ticket, why: Leaving): void {
    this.#lock.acquire();
    const id = this.#tickets.calls.channelOf(ticket), outdated = this.isOutdated(ticket);
    this.#tickets.remove(ticket);
    this.#counters.ended(why);
    // Others may have been kept waiting until it would say what it wants.
    if (outdated) this.#calling.callAll();
    else if (id !== NONE) this.#calling.call(id);
    this.#unlock();
  }

  /** The channel may have places that it had not, because one came free or more are allowed. */
  freed(id: ChannelId): void {
    if (this.#tickets.waiting === 0) return;
    this.#lock.acquire();
    this.#calling.call(id);
    this.#unlock();
  }

  /** The channel is disabled: clients that want no other of its group, or of all, take any there. */
  disabled(id: ChannelId): void {
    if (this.#tickets.waiting === 0) return;
    this.#lock.acquire();
    this.#tickets.widen(id);
    this.#calling.callAll();
    this.#unlock();
  }

  /**
   * A group's channels are chosen in another way: nobody wants just one of them any more, unless it is the one that a
   * client had before.
   */
  restrategized(group: number): void {
    this.#widen(group, group + 1, () => true, false);
  }

  /** There may be other channels; nobody waits any more for just one that has been removed. */
  changed(): void {
    this.#widen(0, MAX_GROUPS, (id) => this.#table.disabledBy(id) !== 0);
  }

  /** Removes the clients of a thread that no longer runs. Before what it held is released. */
  drop(thread: number): void {
    const tickets = this.#tickets;
    this.#lock.acquire();
    for (let ticket = tickets.first(), next = 0; ticket !== 0; ticket = next) {
      next = tickets.next(ticket);
      if (tickets.threadOf(ticket) === thread) tickets.remove(ticket);
    }
    tickets.takeCall(thread);
    this.#calling.callAll();
    this.#unlock();
  }

  /** Most clients that may wait, for `counts`. */
  set limit(limit: number) {
    this.#counters.limit = limit;
  }

  /** How many wait, and what became of the others. */
  counts(): QueueCounts {
    return this.#counters.with(this.#tickets.waiting);
  }

  /** Clients take any channel of these groups if the one that they want is such. See `Tickets.widen`. */
  #widen(from: number, end: number, such: (id: ChannelId) => boolean, homeToo = true): void {
    if (this.#tickets.waiting === 0) return;
    this.#lock.acquire();
    for (let id = channelId(from, 0); id < channelId(end, 0); id++) {
      if (this.#tickets.demand.anyOwns(id) && such(id)) this.#tickets.widen(id, homeToo);
    }
    this.#calling.callAll();
    this.#unlock();
  }

  /** Releases the lock, and tells the threads of their calls. */
  #unlock(): void {
    let called = this.#calling.takeThreads();
    this.#lock.release();
    for (; called !== 0; called &= called - 1) this.#wake(31 - Math.clz32(called & -called));
  }
}
