import assert from "node:assert/strict";
import { serviceOptions } from "../../../options/values.ts";
import { AcceptRate } from "../../../table/clients/accept_rate.ts";
import { Table } from "../../../table/table.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { Acceptor } from "./acceptor.ts";
import { Admission } from "./admission.ts";
import { Connections } from "../thread/connections.ts";
import { Door } from "./door.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { Poller } from "../kernel/poller.ts";
import { Room } from "./room.ts";
import { ServiceState } from "../shared/service_state.ts";
import { SharedState } from "../shared/shared_state.ts";
import type { Terms } from "../thread/terms.ts";
import { ThreadService } from "../thread/thread_service.ts";
import { Timers } from "../thread/timers.ts";

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
  state.seats.limit = 100;
  const connections = new Connections(libc, new Uint8Array(CAPACITY * 4), 0);
  const settings = { ...serviceOptions({}), halfCloseTimeout: 0, trace: false };
  const share = { id: 1, table: Table.create().buffer, state: ServiceState.create(1).buffer, settings, sockets: [] };
  const service = new ThreadService(libc, 0, 1, share, () => {});
  service.state.seats.limit = Infinity;
  const admission = new Admission(state.seats, 0, (clients) => told.push(`saturated: ${clients}`));
  const room = new Room(libc, admission, 0, [4], () => {}), door = new Door(libc, connections, 1);
  const acceptor = new Acceptor(libc, connections, new Poller(libc), timers, state, room, door, 0, {
    accepted: (client) => {
      told.push(`client ${client}`);
      return answers.shift() ?? 0;
    },
    shortage: (what, reason) => told.push(`${what}: ${reason}`),
  });
  acceptor.add({ fd: LISTENER, port: 80 }, service);
  /** Lets some time pass; returns whether the listener's pause has ended. */
  const pass = (milliseconds: number) => {
    time += milliseconds;
    timers.turn(true);
    timers.wait();
    timers.turn(true);
    return timers.expired() === LISTENER;
  };
  const accept = () => {
    acceptor.clientsWait(LISTENER);
    acceptor.accept();
  };
  return { acceptor, accept, told, pass, service, isWatching: () => watched, left: () => length };
}

Deno.test("nobody is accepted for a service that stops while a seat is taken", () => {
  const { accept, told, left, service } = withQueue(1), { state } = service, { seats } = state;
  const enter = seats.enter.bind(seats);
  seats.enter = (thread) => (state.stop(), enter(thread));
  accept();
  assert.deepEqual([told, left(), seats.taken], [[], 1, 0]);
});

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
  acceptor.rested(LISTENER);
  assert.ok(isWatching());
  accept();
  assert.equal(told.at(-1), "client 14");
});

/** Sockets of services with these limits, and of a process with another, and how many clients wait at each. */
function withSockets(limit: number, limits: readonly number[], queues: number[]) {
  const watched = new Set<number>(), log: string[] = [], clients: { fd: number; service: ThreadService }[] = [];
  let next = 20;
  const call: Partial<Calls> = {
    epoll_create1: () => 5,
    epoll_ctl: (_, how, fd) => {
      if (how === C.EPOLL_CTL_ADD) watched.add(fd);
      else watched.delete(fd);
      return 0;
    },
    clock_gettime: () => 0,
    close: () => 0,
    write: () => 8,
    accept4: (fd) => {
      const index = fd - FIRST;
      if (queues[index] === 0) return -ERRNO.EAGAIN;
      queues[index]--;
      return next++;
    },
  };
  const libc = { call, describe: String } as unknown as Libc, state = SharedState.create(2);
  state.seats.limit = limit;
  const timers = new Timers(libc, CAPACITY), connections = new Connections(libc, new Uint8Array(CAPACITY * 4), 0);
  const settings = { ...serviceOptions({}), halfCloseTimeout: 0, trace: false };
  const admission = new Admission(state.seats, 0, () => log.push("process"));
  const room = new Room(libc, admission, 0, [4, 4], () => {}), door = new Door(libc, connections, 1);
  const acceptor = new Acceptor(libc, connections, new Poller(libc), timers, state, room, door, 0, {
    accepted: (fd, _, { service }) => (clients.push({ fd, service }), log.push(`${service.id}`), 0),
    shortage: () => {},
  });
  const services = limits.map((most, id) => {
    const share = { id, table: Table.create(2).buffer, state: ServiceState.create(2).buffer, settings, sockets: [] };
    const service = new ThreadService(libc, 0, 2, share, () => {});
    service.state.seats.limit = most;
    acceptor.add({ fd: FIRST + id, port: id }, service);
    return service;
  });
  /** Turns of the event loop until nothing happens any more. */
  const turns = () => {
    for (let before = -1; before !== log.length || acceptor.isCalled;) {
      before = log.length;
      queues.forEach((length, index) => {
        if (length > 0 && watched.has(FIRST + index)) acceptor.clientsWait(FIRST + index);
      });
      acceptor.accept();
    }
    return log.splice(0);
  };
  const leave = () => room.leave(clients.shift()!.service);
  return { turns, leave, watched, acceptor, services, state, queues };
}

const FIRST = 10;

Deno.test("at the process's limit only sockets with clients are let be, and they get seats in turn", () => {
  const { turns, leave, watched } = withSockets(2, [99, 99, 99], [3, 3, 0]);
  assert.deepEqual(turns(), ["0", "1", "process", "process"]);
  assert.deepEqual([...watched], [FIRST + 2]);
  const got: string[] = [];
  for (let i = 0; i < 4; i++) {
    leave();
    got.push(...turns());
  }
  assert.deepEqual(got, ["0", "1", "0", "1"]);
  leave();
  // Both queues are empty, which shows when somebody looks.
  assert.deepEqual([turns(), watched.size], [[], 3]);
});

Deno.test("a service at its limit leaves the others alone", () => {
  const { turns, leave, watched } = withSockets(99, [1, 99], [5, 5]);
  assert.deepEqual(turns(), ["0", "1", "1", "1", "1", "1"]);
  assert.deepEqual([...watched], [FIRST + 1]);
  leave();
  assert.deepEqual(turns(), ["0"]);
});

Deno.test("a thread that needs no seat any more tells another that waits", () => {
  const { turns, leave, state, acceptor } = withSockets(1, [99], [2]);
  turns();
  assert.ok(state.seats.waits(0) && state.seats.wait(1));
  leave();
  acceptor.remove(FIRST);
  assert.ok(!state.seats.waits(1), "it has been told");
});

Deno.test("a paused service is not watched, nor does it wait; resumed, it gets its seat", () => {
  const { turns, leave, services: [service], acceptor, watched, queues } = withSockets(99, [1], [2]);
  turns();
  service.state.pause(true);
  acceptor.review(service);
  leave();
  assert.deepEqual([turns(), watched.size, queues], [[], 0, [1]]);
  service.state.pause(false);
  acceptor.review(service);
  assert.deepEqual([turns(), queues], [["0"], [0]]);
});

Deno.test("a socket is let be until it is time for the next client, and takes as many as there are turns", () => {
  const { accept, acceptor, told, left, isWatching, pass, service } = withQueue(10);
  service.terms = { settings: { acceptRate: { dryRun: false } } } as unknown as Terms;
  service.pace = new AcceptRate(AcceptRate.create(), 0, { count: 10, seconds: 1, burst: 3 });
  for (let i = 0; i < 4; i++) if (isWatching()) accept();
  assert.deepEqual([told.length, left(), isWatching(), service.state.seats.taken], [3, 7, false, 3]);
  assert.ok(!pass(99));
  assert.ok(pass(1));
  acceptor.rested(LISTENER);
  assert.ok(isWatching());
  accept();
  assert.deepEqual([told.length, left()], [4, 6]);
});

Deno.test("a turn for which nobody has come is there for the next client", () => {
  const { accept, told, service } = withQueue(1);
  service.terms = { settings: { acceptRate: { dryRun: false } } } as unknown as Terms;
  const memory = AcceptRate.create();
  service.pace = new AcceptRate(memory, 0, { count: 1, seconds: 3600, burst: 2 });
  for (let i = 0; i < 9; i++) accept();
  assert.deepEqual([told, AcceptRate.early(memory)], [["client 10"], 0]);
});

Deno.test("clients count as early if they were waiting when it became time, and not if they came later", () => {
  const { accept, acceptor, pass, service, told } = withQueue(10), memory = AcceptRate.create();
  service.terms = { settings: { acceptRate: { dryRun: false } } } as unknown as Terms;
  service.pace = new AcceptRate(memory, 0, { count: 10, seconds: 1, burst: 1 });
  const early = () => AcceptRate.early(memory);
  accept();
  assert.equal(early(), 0);
  // The kernel has reported another one.
  accept();
  assert.equal(early(), 1);
  const itIsTime = () => {
    pass(100);
    acceptor.rested(LISTENER);
    acceptor.accept();
  };
  // That one has been counted.
  itIsTime();
  accept();
  assert.equal(early(), 1);
  for (let i = 2; i <= 4; i++) {
    itIsTime();
    accept();
    assert.equal(early(), i);
  }
  itIsTime();
  acceptor.accept();
  accept();
  assert.deepEqual([early(), told.length], [4, 6]);
});

Deno.test("a socket that waits for its time is watched at once when the rate has changed, and not at all once it is removed", () => {
  const { accept, acceptor, isWatching, pass, service } = withQueue(10);
  service.terms = { settings: { acceptRate: { dryRun: false } } } as unknown as Terms;
  service.pace = new AcceptRate(AcceptRate.create(), 0, { count: 1, seconds: 3600, burst: 1 });
  for (let i = 0; i < 3; i++) if (isWatching()) accept();
  assert.ok(!isWatching());
  acceptor.paceChanged(service);
  assert.ok(isWatching());
  accept();
  assert.ok(!isWatching());
  acceptor.remove(LISTENER);
  assert.ok(!pass(10_000));
});

Deno.test("whoever waits for long is looked after ten times a second, and counts once", () => {
  const { accept, acceptor, pass, isWatching, service } = withQueue(2), memory = AcceptRate.create();
  service.terms = { settings: { acceptRate: { dryRun: false } } } as unknown as Terms;
  service.pace = new AcceptRate(memory, 0, { count: 1, seconds: 3600, burst: 1 });
  accept();
  accept();
  for (let i = 0; i < 20; i++) {
    assert.ok(!isWatching() && !pass(99) && pass(1));
    acceptor.rested(LISTENER);
    acceptor.accept();
    accept();
  }
  assert.equal(AcceptRate.early(memory), 1);
});
