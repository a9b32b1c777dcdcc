import assert from "node:assert/strict";
import { Selection } from "../../selection/selection.ts";
import { NONE } from "../../table/channel_id.ts";
import { Table } from "../../table/table.ts";
import { RunningClock } from "../running_clock.ts";
import { Waiters } from "./waiters.ts";
import { Watch } from "./watch.ts";

const CLIENT = { address: new Uint8Array(16), port: 1 };

Deno.test("a client that stops waiting in the very moment in which it is called leaves its turn to the next", async () => {
  const table = Table.create(), waiters = new Waiters(table, new Watch()), clock = new RunningClock();
  table.addChannel(0, { host: "127.0.0.1", port: 1 }, 1);
  assert.ok(table.reserve(0));
  waiters.provide({ queue: 60, queueLimit: 2 });
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, queue: 60 };
  const selection = new Selection(table, table.lane(0), options, () => {}), leaves: (() => void)[] = [];
  const clients = [0, 1].map(() => {
    const attempt = selection.begin(CLIENT);
    assert.equal(attempt.choose(), NONE);
    const wait = waiters.wait(attempt, { clock, seconds: 60, until: clock.now() + 60_000 }, (leave) => {
      if (leave !== undefined) leaves.push(leave);
    });
    return { attempt, wait: wait! };
  });
  table.release(0);
  leaves[0]();
  const [first, second] = clients;
  assert.equal(await first.wait, NONE);
  first.attempt.clientLeft();
  assert.equal(await second.wait, 0);
  second.attempt.abandon();
  assert.deepEqual([table.queue!.waiting, table.queue!.counts().left, table.current(0)], [0, 1, 0]);
});
