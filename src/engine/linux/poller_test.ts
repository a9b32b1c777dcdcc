import assert from "node:assert/strict";
import { ERRNO } from "./abi.ts";
import type { Calls, Libc } from "./libc.ts";
import { Poller } from "./poller.ts";

/** A poller whose waits answer one after the other with a number of events, or with an error. */
function answering(...answers: ({ events: number } | { errno: number })[]): Poller {
  const errno = new Int32Array(1);
  const call: Partial<Calls> = {
    epoll_create1: () => 5,
    epoll_wait: () => {
      const answer = answers.shift()!;
      if ("events" in answer) return answer.events;
      errno[0] = answer.errno;
      return -1;
    },
  };
  return new Poller({ call, errno, describe: (number) => `error ${number}` } as Libc);
}

const interrupted = { errno: ERRNO.EINTR }, misread = { errno: ERRNO.EAGAIN }, unusable = { errno: ERRNO.EBADF };

Deno.test("waits that signals interrupt have no events, however many", () => {
  const poller = answering(...Array(100).fill(interrupted), { events: 3 });
  for (let i = 0; i < 100; i++) assert.equal(poller.wait(-1), 0);
  assert.equal(poller.wait(-1), 3);
});

Deno.test("an errno that a signal's handler has changed does not end the thread", () => {
  const some = [misread, misread, misread, misread, misread];
  const poller = answering(...some, interrupted, ...some, { events: 1 }, ...some, { events: 2 });
  assert.deepEqual(Array.from({ length: 18 }, () => poller.wait(-1)).filter((count) => count > 0), [1, 2]);
});

Deno.test("an epoll instance that stays unusable is an error soon", () => {
  const poller = answering(...Array(100).fill(unusable));
  let waits = 0;
  assert.throws(() => {
    for (; waits < 100; waits++) assert.equal(poller.wait(-1), 0);
  }, { name: "SystemError", message: "Cannot wait for events: error 9", code: "EBADF" });
  assert.ok(waits < 20, `after ${waits} waits`);
});
