import assert from "node:assert/strict";
import { C, ERRNO } from "../kernel/abi.ts";
import { Backlog } from "./backlog.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { PipePool } from "./pipe_pool.ts";
import { ReadyQueue } from "../thread/ready_queue.ts";
import { MESSAGE_SIZE, Relay } from "./relay.ts";
import { STAGE } from "../thread/stage.ts";
import { PORTION, type Traffic } from "./traffic.ts";

const CLIENT = 10, SERVER = 11;

const KB = 1024, MB = KB * KB;

/** The send buffer's place in the answer to SO_MEMINFO (linux/sock_diag.h). */
const SEND_BUFFER = 3;

/** A relay between two sockets of a kernel that holds what the test puts there and takes everything. */
function relayed() {
  const waiting: Record<number, number> = { [CLIENT]: 0, [SERVER]: 0 };
  let piped = 0, descriptor = 20;
  /** Bytes that the receivers' kernel takes, all of a pipe's at once, and how many were taken from the senders at a time. */
  const kernel = { room: Infinity, taken: [] as number[] };
  const take = (fd: number, most: number) => {
    const n = Math.min(waiting[fd], most);
    waiting[fd] -= n;
    return n || -ERRNO.EAGAIN;
  };
  const call = {
    recv: (fd, _, bytes) => take(fd, bytes),
    send: (_, __, bytes) => bytes,
    splice: (from, _, bytes) => {
      if (from < 20) return kernel.taken.push(bytes), piped = take(from, bytes);
      if (kernel.room < piped) return -ERRNO.EAGAIN;
      kernel.room -= piped;
      return piped;
    },
    getsockopt: (_, __, name, value) => {
      if (name !== C.SO_MEMINFO) return -1;
      (value as Int32Array)[SEND_BUFFER] = kernel.room === Infinity ? 8 * MB : kernel.room;
      return 0;
    },
    pipe2: (ends) => {
      new Int32Array((ends as Uint8Array<ArrayBuffer>).buffer).set([descriptor++, descriptor++]);
      return 0;
    },
    fcntl: () => 0,
    // SIOCATMARK.
    ioctl: () => 0,
    close: () => 0,
  } as Partial<Calls>;
  const libc = { call } as Libc, connections = new Connections(libc, new Uint8Array(4096), 0);
  const pipes = new PipePool(libc, connections, 1), ready = new ReadyQueue(connections);
  let sum = 0;
  const nothing = () => {};
  const traffic = {
    left: PORTION,
    moved(_: number, bytes: number) {
      traffic.left -= bytes;
      sum += bytes;
    },
  } as Traffic;
  const backlog = new Backlog(libc, connections, pipes, traffic);
  const relay = new Relay(libc, connections, traffic, backlog, pipes, ready, {
    tap: undefined,
    finished: nothing,
    reset: nothing,
    spliceRefused: nothing,
  });
  connections.open(CLIENT, STAGE.CLIENT, IS.CLIENT | IS.WRITABLE, SERVER);
  connections.open(SERVER, STAGE.CHANNEL, IS.WRITABLE, CLIENT);
  /** This many bytes come from a socket. */
  const come = (fd: number, bytes: number) => {
    waiting[fd] += bytes;
    connections.rows[fd * WIDTH + ROW.FLAGS] |= IS.READABLE | IS.FRESH;
    relay.pump(fd);
    while (waiting[fd] > 0) {
      traffic.left = PORTION;
      relay.pump(ready.size > 0 ? ready.shift() : fd);
    }
  };
  /** This many bytes come, and may find no room. */
  const flood = (fd: number, bytes: number) => {
    waiting[fd] += bytes;
    connections.rows[fd * WIDTH + ROW.FLAGS] |= IS.READABLE | IS.FRESH;
    for (let turn = 0; turn < 100; turn++) {
      traffic.left = PORTION;
      relay.pump(fd);
    }
  };
  /** What a call moves while a socket has this many bytes. */
  const movedBy = (fd: number, bytes: number, call: () => void) => {
    waiting[fd] = bytes;
    connections.rows[fd * WIDTH + ROW.FLAGS] |= IS.READABLE;
    const before = sum;
    call();
    return sum - before;
  };
  return { relay, traffic, come, flood, movedBy, kernel, pipes, ready };
}

Deno.test("a stream that goes on and on counts as long; message after message does not", () => {
  const { relay, come } = relayed();
  for (let i = 0; i < 100; i++) come(SERVER, 1000);
  assert.equal(relay.takeStreamed(), false);
  come(SERVER, 64 * MESSAGE_SIZE);
  come(SERVER, 64 * MESSAGE_SIZE);
  assert.equal(relay.takeStreamed(), true);
  assert.equal(relay.takeStreamed(), false, "said once");
  come(SERVER, 4 * MESSAGE_SIZE);
  assert.equal(relay.takeStreamed(), true);
});

Deno.test("large answers to a sequence of requests are not a long stream", () => {
  const { relay, come } = relayed();
  for (let i = 0; i < 100; i++) {
    come(CLIENT, 100);
    come(SERVER, 8 * MESSAGE_SIZE);
    assert.equal(relay.takeStreamed(), false);
  }
});

Deno.test("a stream is moved in small pieces at first, then in pieces as large as the receiver has room for", () => {
  const { come, flood, kernel, pipes } = relayed();
  come(SERVER, 32 * MB);
  assert.equal(Math.max(...kernel.taken.slice(0, 16)), 64 * KB);
  assert.equal(kernel.taken.at(-1), MB);
  assert.equal(pipes.bytes, 0);
  kernel.room = 300 * KB;
  kernel.taken.length = 0;
  flood(SERVER, 32 * MB);
  // Half of the room each time, and finally one piece too many: only a refusal makes the kernel report room again.
  assert.deepEqual(kernel.taken, [150 * KB, 75 * KB, 64 * KB, 64 * KB]);
  assert.equal(pipes.bytes, 64 * KB);
});

Deno.test("while pipes hold too many bytes, a stream is moved with read and write", () => {
  const { come, kernel, pipes } = relayed();
  come(SERVER, MB);
  const before = kernel.taken.length;
  pipes.bytes = 64 * MB;
  come(SERVER, MB);
  assert.equal(kernel.taken.length, before);
  pipes.bytes = 0;
  come(SERVER, MB);
  assert.ok(kernel.taken.length > before);
});

Deno.test("a long stream waits until others have been served; a message does not", () => {
  const { relay, traffic, come, movedBy, ready } = relayed();
  come(SERVER, 2 * MB);
  assert.equal(movedBy(SERVER, PORTION, () => relay.happened(SERVER)), 0);
  assert.deepEqual([ready.size, ready.shift()], [1, SERVER]);
  traffic.left = 0;
  assert.equal(movedBy(CLIENT, 100, () => relay.happened(CLIENT)), 100);
  assert.equal(ready.size, 0);
});

Deno.test("streams move no more than their portion at a time, and then queue", () => {
  const { relay, traffic, come, movedBy, ready } = relayed();
  come(SERVER, 2 * MB);
  traffic.left = 1.5 * MB;
  assert.equal(movedBy(SERVER, 8 * MB, () => relay.pump(SERVER)), 2 * MB);
  assert.deepEqual([ready.size, ready.shift()], [1, SERVER]);
  assert.equal(movedBy(SERVER, PORTION, () => relay.pump(SERVER)), 0, "nothing is left of the portion");
  assert.equal(ready.size, 1);
});
