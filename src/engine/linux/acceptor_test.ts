import assert from "node:assert/strict";
import { ERRNO } from "./abi.ts";
import { Acceptor } from "./acceptor.ts";
import { Connections } from "./connections.ts";
import { Door } from "./door.ts";
import type { Calls, Libc } from "./libc.ts";
import { Poller } from "./poller.ts";
import { Room } from "./room.ts";
import { SharedState } from "./shared_state.ts";
import { Timers } from "./timers.ts";

const LISTENER = 3, CAPACITY = 64;

/** An acceptor in front of a queue of clients; each answer is the error number for which one client is closed, or 0. */
function withQueue(length: number, ...answers: number[]) {
  const told: string[] = [];
  let time = 0, next = 10, watched = false;
  const call: Partial<Calls> = {
    epoll_create1: () => 5,
    epoll_ctl: () => {
      watched = !watched;
      return 0;
    },
    clock_gettime: (_, timespec) => {
      (timespec as Int32Array<ArrayBuffer>)[2] = time * 1e6;
      return 0;
    },
    close: () => 0,
    accept4: () => {
      if (length > 0) return length--, next++;
      return -ERRNO.EAGAIN;
    },
  };
  const libc = { call, describe: (number) => `error ${number}` } as Libc;
  const timers = new Timers(libc, CAPACITY), state = SharedState.create(1);
  const connections = new Connections(libc, new Uint8Array(CAPACITY * 4), 0), room = new Room(libc, state, 0, 100, [4]);
  const door = new Door(libc, connections, LISTENER, 1), place = { listener: LISTENER, thread: 0 };
  const acceptor = new Acceptor(libc, connections, new Poller(libc), timers, state, room, door, place, {
    accepted: (client) => {
      told.push(`client ${client}`);
      return answers.shift() ?? 0;
    },
    shortage: (what, reason) => told.push(`${what}: ${reason}`),
    saturated: (connections) => told.push(`saturated: ${connections}`),
  });
  acceptor.resume();
  /** Lets some time pass; returns whether the listener's pause has ended. */
  const pass = (milliseconds: number) => {
    time += milliseconds;
    timers.turn(true);
    timers.wait();
    timers.turn(true);
    return timers.expired() === LISTENER;
  };
  const accept = () => {
    acceptor.clientsWait();
    acceptor.accept();
  };
  return { acceptor, accept, told, pass, isWatching: () => watched, left: () => length };
}

Deno.test("more and more clients are accepted at a time, up to eight", () => {
  const { accept, left } = withQueue(100);
  const taken: number[] = [];
  for (let before = left(); taken.length < 6; before = left()) {
    accept();
    taken.push(before - left());
  }
  assert.deepEqual(taken, [1, 2, 4, 8, 8, 8]);
});

Deno.test("a client that cannot be watched does not harm others: they wait in the queue until there is room", () => {
  const { acceptor, accept, told, pass, isWatching, left } = withQueue(20, 0, 0, ERRNO.ENOMEM);
  for (let i = 0; i < 2; i++) accept();
  assert.deepEqual([told, left(), isWatching()], [
    ["client 10", "client 11", "client 12", "accept: error 12"],
    17,
    false,
  ]);
  assert.ok(!pass(99));
  assert.ok(pass(1));
  acceptor.resume();
  assert.ok(isWatching());
  accept();
  assert.equal(told.at(-1), "client 14");
});
