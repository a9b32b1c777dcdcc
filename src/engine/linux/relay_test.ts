import assert from "node:assert/strict";
import { ERRNO } from "./abi.ts";
import { Backlog } from "./backlog.ts";
import { Connections, IS, ROW, SHIFT } from "./connections.ts";
import type { Calls, Libc } from "./libc.ts";
import { PipePool } from "./pipe_pool.ts";
import { ReadyQueue } from "./ready_queue.ts";
import { MESSAGE_SIZE, Relay } from "./relay.ts";

const CLIENT = 10, SERVER = 11;

/** A relay between two sockets of a kernel that has whatever the test puts there, and takes everything. */
function relayed() {
  const waiting: Record<number, number> = { [CLIENT]: 0, [SERVER]: 0 };
  let piped = 0, descriptor = 20;
  const take = (fd: number, most: number) => {
    const n = Math.min(waiting[fd], most);
    waiting[fd] -= n;
    return n || -ERRNO.EAGAIN;
  };
  const call = {
    recv: (fd, _, bytes) => take(fd, bytes),
    send: (_, __, bytes) => bytes,
    splice: (from, _, bytes) => from < 20 ? piped = take(from, Math.min(bytes, 64 * 1024)) : piped,
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
  const pipes = new PipePool(libc, connections, 1);
  const nothing = () => {};
  const backlog = new Backlog(libc, connections, pipes, nothing);
  const relay = new Relay(libc, connections, backlog, pipes, new ReadyQueue(connections), {
    tap: undefined,
    moved: nothing,
    finished: nothing,
    reset: nothing,
    spliceRefused: nothing,
  });
  connections.open(CLIENT, IS.CLIENT | IS.WRITABLE, SERVER);
  connections.open(SERVER, IS.WRITABLE, CLIENT);
  /** So many bytes come from a socket. */
  const come = (fd: number, bytes: number) => {
    waiting[fd] += bytes;
    connections.rows[(fd << SHIFT) + ROW.FLAGS] |= IS.READABLE | IS.FRESH;
    relay.pump(fd);
    while (waiting[fd] > 0) relay.pump(fd);
  };
  return { relay, come };
}

Deno.test("a stream that goes on and on counts as long, message after message does not", () => {
  const { relay, come } = relayed();
  for (let i = 0; i < 100; i++) come(SERVER, 1000);
  assert.equal(relay.streamed(), false);
  come(SERVER, 64 * MESSAGE_SIZE);
  come(SERVER, 64 * MESSAGE_SIZE);
  assert.equal(relay.streamed(), true);
  assert.equal(relay.streamed(), false, "said once");
  come(SERVER, 4 * MESSAGE_SIZE);
  assert.equal(relay.streamed(), true);
});

Deno.test("large answers to one request after another are no long stream", () => {
  const { relay, come } = relayed();
  for (let i = 0; i < 100; i++) {
    come(CLIENT, 100);
    come(SERVER, 8 * MESSAGE_SIZE);
    assert.equal(relay.streamed(), false);
  }
});
