import { NONE } from "../../src/table/channel_id.ts";
import { MAX_GROUPS } from "../../src/table/limits.ts";
import { Queue, type Ticket, type Wanted } from "../../src/table/queue/queue.ts";
import type { Table } from "../../src/table/table.ts";

/** Clients of a thread that wait at the same time. */
const CROWD = 8;

/** A channel of group 0, or just this one of the two. */
const WANTED: readonly Wanted[] = [-1, 0, 1].map((row) => {
  const own = new Uint8Array(MAX_GROUPS);
  own[0] = row + 1;
  return { groups: row < 0 ? -1 : ~1, own, wary: false };
});

/** Where a thread that waits in a queue and those that call it meet. */
export interface QueueBoard {
  /** How many connections there are on each of two channels. */
  inside(id: number, by: number): void;
  /** Somebody has called a client of the thread. */
  wake(thread: number): void;
  /** Sleeps until the thread has been woken since the last sleep. */
  sleep(thread: number): void;
}

/**
 * Serves `rounds` clients, of whom many wait and some leave, on two channels with limits. Sleeps whenever nothing but a
 * call can help: if one is lost, it sleeps for good.
 */
export function waitForPlaces(
  table: Table,
  memory: SharedArrayBuffer,
  board: QueueBoard,
  thread: number,
  rounds: number,
): void {
  const queue = Queue.attach(memory, table, thread, (other) => board.wake(other));
  const waiting = new Map<number, Ticket>(), held: number[] = [];
  const take = (id: number) => {
    board.inside(id, 1);
    held.push(id);
  };
  for (let begun = 0; begun < rounds || waiting.size > 0 || held.length > 0;) {
    for (let key = queue.nextCall(); key !== NONE; key = queue.nextCall()) {
      const ticket = waiting.get(key)!, id = queue.channelOf(ticket), reserved = table.reserve(id);
      queue.answered(ticket, reserved);
      if (!reserved) continue;
      waiting.delete(key);
      take(id);
    }
    if (begun < rounds && waiting.size < CROWD) {
      begun++;
      const id = begun % 2, wanted = WANTED[begun % 3], wants = wanted.own[0] === 0 || wanted.own[0] === id + 1;
      if (wants && !table.claimed(id) && table.reserve(id)) take(id);
      else waiting.set(begun, queue.join(begun, wanted, Infinity)!);
    }
    if (held.length > (begun < rounds && waiting.size < CROWD ? begun % 3 : 0)) {
      const id = held.shift()!;
      board.inside(id, -1);
      table.release(id);
    } else if (waiting.size === CROWD && begun % 5 === 0) {
      const [key, ticket] = waiting.entries().next().value!;
      queue.leave(ticket, "left");
      waiting.delete(key);
    } else if (held.length === 0 && (waiting.size === CROWD || begun === rounds) && waiting.size > 0) {
      board.sleep(thread);
    }
  }
}
