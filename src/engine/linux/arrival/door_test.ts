import assert from "node:assert/strict";
import { ERRNO } from "../kernel/abi.ts";
import { Connections, IS } from "../thread/connections.ts";
import { Door } from "./door.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { STAGE } from "../thread/stage.ts";

const LIMIT = 64, SPARE = 8, ROOF = LIMIT - SPARE, LISTENER = 3;

/** A kernel with descriptors, a queue of clients, and `threads` that accept from it. */
function withDescriptors(threads: number, others = 10) {
  const files = new Map<number, string>(Array.from({ length: others }, (_, fd) => [fd, "other"]));
  let clients = 0;
  const open = (what: string): number => {
    for (let fd = 0; fd < LIMIT; fd++) if (!files.has(fd)) return files.set(fd, what), fd;
    return -ERRNO.EMFILE;
  };
  const call: Partial<Calls> = {
    accept4: () => open(`client ${++clients}`),
    eventfd: () => open("place"),
    dup3: (from, to) => (files.set(to, files.get(from)!), to),
    close: (fd) => (assert.ok(files.delete(fd)), 0),
  };
  const libc = { call } as Libc, owners = new Uint8Array(LIMIT);
  const all = Array.from({ length: threads }, (_, thread) => {
    const connections = new Connections(libc, owners, thread, SPARE);
    return { connections, door: new Door(libc, connections, threads) };
  });
  return { files, open, all, libc, accepted: () => clients };
}

Deno.test("a client that gets one of the last numbers is served; the next waits for a lower one", () => {
  const { files, all: [{ connections, door }] } = withDescriptors(1, ROOF - 4);
  for (const fd of [ROOF - 4, ROOF - 3]) {
    assert.equal(door.accept(LISTENER), fd);
    connections.open(fd, STAGE.CONNECTING, IS.CLIENT, -1);
  }
  assert.equal(door.accept(LISTENER), -ERRNO.EMFILE);
  connections.close(ROOF - 4);
  assert.equal(door.accept(LISTENER), ROOF - 4);
  assert.deepEqual([files.get(ROOF - 4), files.get(ROOF - 3)], ["client 3", "client 2"]);
  assert.ok(!files.has(ROOF - 2));
});

Deno.test("a client is not accepted when there is a descriptor for it but none for its channel", () => {
  const { files, open, all: [{ connections, door }] } = withDescriptors(1, ROOF - 4);
  for (let i = 0; i < 2; i++) connections.open(door.accept(LISTENER), STAGE.CONNECTING, IS.CLIENT, -1);
  for (let i = 0; i < 2; i++) open("a channel");
  files.delete(0);
  assert.equal(door.accept(LISTENER), -ERRNO.EMFILE);
  files.delete(1);
  assert.equal(door.accept(LISTENER), 0);
});

Deno.test("when the last numbers are free again, clients are accepted without extra checks", () => {
  const { files, all: [{ connections, door }], libc } = withDescriptors(1, ROOF - 2);
  const fd = door.accept(LISTENER);
  connections.open(fd, STAGE.CONNECTING, IS.CLIENT, -1);
  let places = 0;
  const { eventfd } = libc.call;
  (libc.call as { eventfd: typeof eventfd }).eventfd = (...words) => (places++, eventfd(...words));
  connections.close(fd);
  files.delete(0);
  assert.equal(door.accept(LISTENER), 0);
  assert.equal(places, 0);
});

Deno.test("whatever comes and goes, connections of several threads leave the spare descriptors alone, and no client is lost", () => {
  for (const threads of [1, 2, 3]) {
    const { files, open, all, accepted, libc } = withDescriptors(threads, 6);
    const held: { thread: number; fds: number[] }[] = [];
    let random = threads, served = 0;
    const next = (below: number) => (random = random * 48271 % 0x7fffffff) % below;
    for (let step = 0; step < 20_000; step++) {
      if (next(5) < 3) {
        const thread = next(threads), { connections, door } = all[thread], fd = door.accept(LISTENER);
        if (fd < 0) continue;
        served++;
        connections.open(fd, STAGE.CONNECTING, IS.CLIENT, -1);
        const fds = [fd], channel = open("channel");
        if (channel >= ROOF) libc.call.close(channel);
        else if (channel >= 0) connections.open(channel, STAGE.ANSWERING, 0, fd), fds.push(channel);
        held.push({ thread, fds });
      } else if (held.length > 0) {
        const [{ thread, fds }] = held.splice(next(held.length), 1);
        for (const fd of fds) all[thread].connections.close(fd);
      }
      for (let fd = ROOF; fd < LIMIT; fd++) assert.ok(!files.has(fd), `${threads} threads, step ${step}: ${fd}`);
    }
    assert.equal(served, accepted());
    assert.ok(held.every(({ fds }) => fds.length === 2));
  }
});
