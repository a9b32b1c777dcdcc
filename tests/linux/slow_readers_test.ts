/** What stands in the engine's pipes for clients that do not read. */
import assert from "node:assert/strict";
import { SmallWindow } from "../faults/small_window.ts";
import { sendingBackend } from "../support/backends.ts";
import { Instance } from "../support/instance.ts";
import { pattern } from "../support/pattern.ts";
import { condition, linux, testWith } from "../support/requirements.ts";
import { canSeeSockets, pipeEnds } from "./program_sockets.ts";
import { unavailable } from "./with_engine.ts";

const KB = 1024, MB = KB * KB, CLIENTS = 16, BYTES = 12 * MB;

testWith(
  [linux, condition(unavailable === undefined, unavailable ?? ""), condition(canSeeSockets(), "needs pidfd_getfd(2)")],
  "a client that stops to read, at once or in the middle of a stream, leaves less than 64 KB in a pipe and loses nothing",
  async () => {
    await using backend = sendingBackend(BYTES);
    // Buffers of the kernel that are smaller than the streams, whatever the machine's are.
    const options = [
      "--engine",
      "linux",
      "--threads",
      "1",
      "--send-buffer",
      String(MB),
      "--receive-buffer",
      String(MB),
    ];
    await using instance = await Instance.start([`127.0.0.1:${backend.port}`], { options });
    const expected = pattern(BYTES), clients: SmallWindow[] = [];
    for (const read of [0, 4 * MB]) {
      for (let i = 0; i < CLIENTS; i++) {
        // A small window makes small packets, of which the kernel holds fewer bytes than it says that it has room for.
        const client = new SmallWindow(instance.port, i % 2 === 0 ? 64 * KB : 4 * KB);
        clients.push(client);
        if (read > 0) assert.deepEqual(await client.read(read), expected.subarray(0, read));
      }
      let before = -1;
      await instance.untilState("streams stand", ({ groups }) => {
        const { rcvd } = groups[0].channels[0], still = rcvd > 0 && rcvd === before;
        before = rcvd;
        return still;
      });
      const standing = pipeEnds(instance.pid).map(({ bytes }) => bytes).filter((bytes) => bytes > 0);
      assert.ok(standing.length > 0, "nothing stands in a pipe");
      assert.ok(Math.max(...standing) <= 64 * KB, `${standing}`);
    }
    assert.deepEqual(await clients[0].read(BYTES), expected);
    assert.deepEqual(await clients[CLIENTS].read(BYTES - 4 * MB), expected.subarray(4 * MB));
    for (const client of clients) client[Symbol.dispose]();
  },
);
