import assert from "node:assert/strict";
import { ERRNO } from "./abi.ts";
import type { Calls, Libc } from "./libc.ts";
import { Poller } from "./poller.ts";

/** A poller whose waits answer in turn with a number of events, or with a negated error number. */
function answering(...answers: number[]): Poller {
  const call: Partial<Calls> = { epoll_create1: () => 5, epoll_wait: () => answers.shift()! };
  return new Poller({ call, describe: (number) => `error ${number}` } as Libc);
}

Deno.test("waits interrupted by a stop and SIGCONT have no events, however many there are", () => {
  const poller = answering(...Array(100).fill(-ERRNO.EINTR), 3);
  for (let i = 0; i < 100; i++) assert.equal(poller.wait(-1), 0);
  assert.equal(poller.wait(-1), 3);
});

Deno.test("an unusable epoll instance is an error", () => {
  assert.throws(
    () => answering(-ERRNO.EBADF).wait(-1),
    { name: "SystemError", message: "Cannot wait for events: error 9", code: "EBADF" },
  );
});

Deno.test("an interrupted wait does not report everything, a full batch only when each descriptor has had its turn", () => {
  const poller = answering(3, -ERRNO.EINTR, 512, -ERRNO.EINTR, 512, 512, 512, 0);
  const complete = Array.from({ length: 8 }, () => poller.isComplete(poller.wait(-1), 1024));
  assert.deepEqual(complete, [true, false, false, false, true, false, true, true]);
});
