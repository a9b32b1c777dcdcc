/** Streams go on with read and write where there are no pipes for them, or only small ones. */
import assert from "node:assert/strict";
import { digestOf, pattern } from "../support/pattern.ts";
import { echoBackend, sendingBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { assertEchoed } from "../support/echoed.ts";
import { Instance } from "../support/instance.ts";
import { condition, installed, linux, root, testWith } from "../support/requirements.ts";
import { PIPE_SIZE, pipesFor } from "../../src/engine/linux/relaying/pipe_pool.ts";
import { canSeeSockets, pipeEnds } from "./program_sockets.ts";

const BULK = 6_000_000;

/** Descriptors, and streams that would take six each. */
const LIMIT = 640, STREAMS = 130;

const PAGE = 4096;

const seeing = condition(canSeeSockets(), "needs pidfd_getfd(2)");

function limitedTo(descriptors: number): string[] {
  return ["prlimit", `--nofile=${descriptors}:${descriptors}`];
}

testWith(
  [linux, installed("prlimit")],
  "streams without a descriptor for a pipe are byte-exact, and the log says so once",
  async () => {
    await using backend = echoBackend();
    await using instance = await Instance.start([`127.0.0.1:${backend.port}`], {
      before: limitedTo(256),
      options: ["--engine", "linux"],
    });
    await Promise.all([1, 2, 3, 4].map((seed) => assertEchoed(instance.port, BULK + seed, seed)));
    const said = instance.stderr.text.split("\n").filter((line) => line.includes("read and write only"));
    assert.equal(said.length, 1, instance.stderr.text);
    assert.match(said[0], /Cannot make pipe: Too many open files/);
  },
);

testWith(
  [linux, installed("prlimit"), seeing],
  "streams that stand still with bytes in their pipes leave the descriptors to further clients",
  async () => {
    await using streaming = sendingBackend(BULK);
    await using echoing = echoBackend();
    await using instance = await Instance.start(
      [`127.0.0.1:${streaming.port}:${STREAMS}`, "!", `127.0.0.1:${echoing.port}`],
      { before: limitedTo(LIMIT), options: ["--engine", "linux", "--threads", "1"] },
    );
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => instance.client()));
    // They read nothing, so every stream comes to a stand, some with bytes in their pipe.
    await untilTheyStand(instance, STREAMS);
    const ends = pipeEnds(instance.pid).filter(({ bytes }) => bytes > 0).length;
    assert.ok(ends > 0 && ends <= 2 * pipesFor(LIMIT, 1), `${ends} ends of pipes`);
    for (let i = 0; i < 40; i++) await assertEchoed(instance.port, 10_000 + i, i + 1);
    assert.ok(!instance.stderr.text.includes("out of resources"), instance.stderr.text.slice(-500));
    await Promise.all(streams.map(readWhole));
    const { rcvd, failed } = await instance.channel(0);
    assert.deepEqual([rcvd, failed], [STREAMS * BULK, 0]);
  },
);

/** Pages of pipes that a user may have before new pipes are small (pipe(7)). */
const SOFT = "/proc/sys/fs/pipe-user-pages-soft";

testWith(
  [linux, root, condition(quota() > 0, "needs a limit of pipe pages for users"), seeing],
  "beyond the user's share of pipe memory pipes are small, and streams byte-exact",
  async () => {
    await using backend = sendingBackend(BULK);
    await using instance = await Instance.start([`127.0.0.1:${backend.port}`], {
      options: ["--engine", "linux", "--user", "nobody"],
    });
    // Each takes a pipe of so many pages, so that the share is used up.
    const count = Math.ceil(quota() * PAGE / PIPE_SIZE) + 20;
    const streams = await Promise.all(Array.from({ length: count }, () => instance.client()));
    await untilTheyStand(instance, count);
    const sizes = pipeEnds(instance.pid).map(({ size }) => size);
    const large = sizes.filter((size) => size === PIPE_SIZE).length;
    assert.ok(large > 0 && large < sizes.length && large / 2 * PIPE_SIZE <= quota() * PAGE, sizes.join(" "));
    await Promise.all(streams.map(readWhole));
    assert.ok(!instance.stderr.text.includes("read and write only"), instance.stderr.text);
  },
);

/** Waits until each of some streams has moved bytes, and no stream moves any more. */
async function untilTheyStand(instance: Instance, streams: number): Promise<void> {
  let before = -1;
  await instance.untilState("streams stand", ({ groups }) => {
    const { current, rcvd } = groups[0].channels[0], still = current === streams && rcvd > 0 && rcvd === before;
    before = rcvd;
    return still;
  });
}

async function readWhole(client: Client): Promise<void> {
  await client.finish();
  assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(BULK)), end: "end-of-stream" });
  client[Symbol.dispose]();
}

function quota(): number {
  return linux.met ? Number(Deno.readTextFileSync(SOFT)) : 0;
}
