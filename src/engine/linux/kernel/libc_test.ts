import assert from "node:assert/strict";
import { ERRNO } from "./abi.ts";
import { type Symbols, systemCalls } from "./libc.ts";

const BUFFER = new Uint8Array(1), EVENTS = new Int32Array(3);

/** Calls whose libc answers in turn with a number, or with -1 and an errno. */
function answering(...answers: (number | keyof typeof ERRNO)[]) {
  const errno = new Int32Array(1);
  const answer = () => {
    const next = answers.shift()!;
    if (typeof next === "number") return next;
    errno[0] = ERRNO[next];
    return -1;
  };
  const symbols = { recvfrom: answer, sendto: answer, splice: answer, epoll_wait: answer } as unknown as Symbols;
  return { call: systemCalls(symbols, errno), left: answers };
}

const MOVES = ["recv", "send", "splice"] as const;

Deno.test("an error that would end a connection is believed only when the next call moves nothing either", () => {
  for (const move of MOVES) {
    const go = (...answers: Parameters<typeof answering>) => {
      const { call, left } = answering(...answers);
      const n = move === "splice" ? call.splice(1, 2, 1, 0) : call[move](1, BUFFER, 1, 0);
      assert.deepEqual(left, [], move);
      return n;
    };
    assert.equal(go(7), 7);
    assert.equal(go("EAGAIN"), -ERRNO.EAGAIN);
    assert.equal(go("ENOENT", 7), 7);
    assert.equal(go("ENOENT", "EAGAIN"), -ERRNO.EAGAIN);
    assert.equal(go("EPIPE", "EPIPE"), -ERRNO.EPIPE);
  }
});

Deno.test("a reset that the kernel reports once, and then as an end-of-stream, stays a reset", () => {
  assert.equal(answering("ECONNRESET", 0).call.recv(1, BUFFER, 1, 0), -ERRNO.ECONNRESET);
  assert.equal(answering("ECONNRESET", 0).call.splice(1, 2, 1, 0), -ERRNO.ECONNRESET);
  assert.equal(answering(0).call.recv(1, BUFFER, 1, 0), 0);
});

Deno.test("an error that would end a thread is believed only when it occurs twice", () => {
  const wait = (...answers: Parameters<typeof answering>) => answering(...answers).call.epoll_wait(1, EVENTS, 1, 0);
  assert.equal(wait("EINTR"), -ERRNO.EINTR);
  assert.equal(wait("ENOENT", 0), 0);
  assert.equal(wait("ENOENT", "EINTR"), -ERRNO.EINTR);
  assert.equal(wait("EBADF", "EBADF"), -ERRNO.EBADF);
});
