import assert from "node:assert/strict";
import { ERRNO } from "../kernel/abi.ts";
import { Backlog, BUFFER_SIZE, Sent } from "./backlog.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { PipePool } from "./pipe_pool.ts";
import { STAGE } from "../thread/stage.ts";
import type { Traffic } from "./traffic.ts";

const CAPACITY = 4096, FIRST = 10, PEER = 11;

/** A backlog before a kernel that takes `room` bytes. */
function backlogged() {
  const kernel = { room: 0 }, got: number[] = [], buffers: number[] = [];
  const call: Partial<Calls> = {
    send: (_, buffer, bytes) => {
      buffers.push(buffer.length);
      const n = Math.min(kernel.room, bytes);
      kernel.room -= n;
      got.push(...buffer.subarray(0, n));
      return n || -ERRNO.EAGAIN;
    },
  };
  const libc = { call } as Libc, connections = new Connections(libc, new Uint8Array(CAPACITY), 0);
  const backlog = new Backlog(
    libc,
    connections,
    new PipePool(libc, connections, 1),
    { moved: () => {} } as unknown as Traffic,
  );
  connections.open(FIRST, STAGE.CLIENT, IS.CLIENT, PEER);
  connections.open(PEER, STAGE.CHANNEL, IS.WRITABLE, FIRST);
  return { backlog, kernel, got, buffers, flags: () => connections.rows[FIRST * WIDTH + ROW.FLAGS] };
}

Deno.test("leftover bytes wait in a buffer that is not much larger, and arrive complete", () => {
  const sizes: [from: number, end: number, most: number][] = [
    [0, 1, 2048],
    [500, 2500, 2048],
    [0, 2049, 16_384],
    [1, 16_385, 16_384],
    [0, 16_385, BUFFER_SIZE],
    [100, BUFFER_SIZE, BUFFER_SIZE],
  ];
  for (const [from, end, most] of sizes) {
    const { backlog, kernel, got, buffers, flags } = backlogged();
    for (let i = 0; i < end; i++) backlog.buffer[i] = i * 7 + (i >> 8);
    const expected = [...backlog.buffer.subarray(from, end)];
    backlog.keep(FIRST, from, end);
    assert.ok(flags() & IS.BACKLOG);
    // The next read does not touch it.
    backlog.buffer.fill(255);
    kernel.room = 1;
    if (end - from > 1) assert.equal(backlog.flush(FIRST), Sent.BLOCKED);
    kernel.room = BUFFER_SIZE;
    assert.equal(backlog.flush(FIRST), Sent.ALL);
    assert.deepEqual(got, expected);
    assert.ok(buffers.every((size) => size === most), `${buffers}`);
    assert.equal(backlog.buffer.length, BUFFER_SIZE);
    assert.ok(!(flags() & IS.BACKLOG));
  }
});

Deno.test("free buffers are reused", () => {
  const { backlog, kernel } = backlogged();
  for (const bytes of [10, 10_000, 50_000]) {
    const buffers = new Set<ArrayBuffer>();
    for (let i = 0; i < 20; i++) {
      backlog.keep(FIRST, 0, bytes);
      kernel.room = bytes;
      assert.equal(backlog.flush(FIRST), Sent.ALL);
      buffers.add(backlog.buffer.buffer);
    }
    assert.ok(buffers.size <= 2, `${buffers.size} buffers`);
  }
});
