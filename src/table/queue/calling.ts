import { type ChannelId, channelId } from "../channel_id.ts";
import { DisabledBy } from "../disabled_by.ts";
import { MAX_GROUPS } from "../limits.ts";
import { sizeOf } from "../order.ts";
import type { Table } from "../table.ts";
import type { Wanted } from "./demand.ts";
import type { Ticket } from "./ticket_layout.ts";
import type { Tickets } from "./tickets.ts";

/** Who of a queue is called, and for which channel. Whoever calls these methods holds the queue's lock. */
export class Calling {
  readonly #table: Table;
  readonly #tickets: Tickets;
  /** A bit for each thread that must be told of its calls. */
  #called = 0;

  constructor(table: Table, tickets: Tickets) {
    this.#table = table;
    this.#tickets = tickets;
  }

  /** A bit for each thread with calls that it has not been told of; from now on it counts as told. */
  takeThreads(): number {
    const called = this.#called;
    this.#called = 0;
    return called;
  }

  /** Calls as many as the channel has free places, less those already called. */
  call(id: ChannelId): void {
    while (this.#callOne(id));
  }

  /** The same for all channels; one each in turn, so that several new ones share those who wait. */
  callAll(): void {
    const table = this.#table, tickets = this.#tickets;
    for (let any = true; any && tickets.uncalled > 0;) {
      any = false;
      for (let group = 0; group < MAX_GROUPS; group++) {
        const order = table.order(group);
        for (let number = 0; number < sizeOf(order); number++) {
          if (this.#callOne(table.channelAt(group, number, order))) any = true;
        }
      }
    }
  }

  /**
   * What somebody wants from now on may have changed before others saw that it is wanted: a channel may have been
   * disabled, and groups be for other clients.
   */
  look(ticket: Ticket, { own, usable = -1 }: Wanted): void {
    if (this.#tickets.demand.isOutdated(ticket)) this.ask(ticket);
    for (let group = 0; group < MAX_GROUPS; group++) {
      if (own[group] === 0) continue;
      const id = channelId(group, own[group] - 1);
      if ((this.#table.disabledBy(id) & ~this.#table.ignorable(usable)) !== 0) this.#tickets.widen(id);
    }
  }

  /** The thread of the ticket is to say again what its client wants. */
  ask(ticket: Ticket): void {
    const thread = this.#tickets.threadOf(ticket);
    this.#tickets.calls.list(thread, ticket);
    this.#called |= 1 << thread;
  }

  /** Calls the first client that wants the channel, if there is a place for one more. */
  #callOne(id: ChannelId): boolean {
    const table = this.#table, tickets = this.#tickets;
    if (tickets.uncalled === 0 || !tickets.demand.anyFor(id)) return false;
    if (table.free(id, DisabledBy.DOWN) <= tickets.calls.calledFor(id)) return false;
    const failing = table.failing(id), down = table.disabledBy(id) !== 0;
    /** The groups of the client before, and whether what is down may be given to whoever may use these. */
    let groups = 0, mayBeDown = false;
    for (let ticket = tickets.firstUncalled(); ticket !== 0; ticket = tickets.next(ticket)) {
      if (tickets.calls.isCalled(ticket)) continue;
      // Perhaps it wants this one from now on, and it came before the others.
      if (tickets.demand.isOutdated(ticket)) return false;
      if (!tickets.demand.wants(ticket, id, failing)) continue;
      if (down) {
        const usable = tickets.demand.usableOf(ticket);
        if (usable !== groups) mayBeDown = table.ignorable(groups = usable) !== 0;
        if (!mayBeDown) continue;
      }
      tickets.call(ticket, id);
      this.#called |= 1 << tickets.threadOf(ticket);
      return true;
    }
    return false;
  }
}
