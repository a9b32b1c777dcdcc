import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parseHost } from "../table/address.ts";
import { NONE } from "../table/channel_id.ts";
import { clockOf } from "../table/clock.ts";
import { Table } from "../table/table.ts";
import { Selection } from "./selection.ts";

const CLIENT = { address: parseHost("192.0.2.1").bytes, port: 4711 };

/** Selections over one group, one for each thread; channels rest for 10 s. */
function withChannels(count: number, lanes = 1) {
  const table = Table.create(lanes), clock = { seconds: 0 };
  for (let i = 0; i < count; i++) table.addChannel(0, { host: "127.0.0.1", port: 1 + i });
  const options = { autodisable: false, hashFailover: false, failTimeout: 10, trace: false };
  const selections = Array.from(
    { length: lanes },
    (_, lane) => new Selection(table, table.lane(lane), options, () => {}, clockOf(() => clock.seconds * 1000)),
  );
  /** Serves a client; returns the channels that it tried. */
  const serve = (works: (channel: number) => boolean, lane = 0): number[] => {
    const attempt = selections[lane].begin(CLIENT), tried: number[] = [];
    for (let id = attempt.choose(); id !== NONE; id = attempt.choose()) {
      tried.push(id);
      if (works(id)) {
        attempt.connected();
        selections[lane].closed(id);
        return tried;
      }
      attempt.failed("channel", "no answer");
    }
    attempt.abandon();
    return tried;
  };
  return { table, clock, selections, serve };
}

Deno.test("a channel that failed is skipped for a while, then one client tries it again", () => {
  const { clock, serve } = withChannels(2), dead = (id: number) => id !== 0;
  assert.deepEqual(serve(dead), [0, 1]);
  for (clock.seconds = 0; clock.seconds < 10; clock.seconds++) assert.deepEqual(serve(dead), [1]);
  assert.deepEqual(serve(dead), [0, 1]);
  assert.deepEqual(serve(dead), [1]);
});

Deno.test("while one client tries a failed channel again, no other does", () => {
  const { clock, selections, serve } = withChannels(2);
  serve((id) => id !== 0);
  clock.seconds = 10;
  const trying = selections[0].begin(CLIENT);
  assert.equal(trying.choose(), 0);
  for (let i = 0; i < 3; i++) assert.deepEqual(serve(() => true), [1]);
  trying.connected();
  assert.deepEqual([serve(() => true), serve(() => true)], [[0], [1]]);
});

Deno.test("a channel that works again gets its turns back at once, in every thread", () => {
  const { clock, serve } = withChannels(2, 2);
  for (const lane of [0, 1]) serve((id) => id !== 0, lane);
  clock.seconds = 10;
  assert.deepEqual(serve(() => true, 1), [0]);
  assert.deepEqual([0, 0, 1, 1].map((lane) => serve(() => true, lane)), [[1], [0], [1], [0]]);
});

Deno.test("resting channels are the last resort: each is tried once, and they take turns", () => {
  const { serve } = withChannels(3);
  assert.deepEqual(serve(() => false), [0, 1, 2]);
  assert.deepEqual(serve(() => false), [0, 1, 2]);
  assert.deepEqual(serve((id) => id === 1), [0, 1]);
  // 1 works; the others still rest.
  for (let i = 0; i < 5; i++) assert.deepEqual(serve((id) => id === 1), [1]);
});

Deno.test("a channel whose cool-down ends in the middle of a search is tried once", () => {
  const { clock, selections, serve } = withChannels(2);
  serve((id) => id !== 0);
  clock.seconds = 9;
  const attempt = selections[0].begin(CLIENT), tried = [attempt.choose()];
  clock.seconds = 10;
  while (tried.at(-1) !== NONE) {
    attempt.failed("channel", "no answer");
    tried.push(attempt.choose());
  }
  attempt.abandon();
  assert.deepEqual(tried, [1, 0, NONE]);
});

Deno.test("a resting channel is the last resort even when another one is full", () => {
  const { table, selections, serve } = withChannels(2);
  serve((id) => id !== 0);
  table.setMaxc(1, 1);
  const holder = selections[0].begin(CLIENT);
  assert.equal(holder.choose(), 1);
  holder.connected();
  assert.deepEqual(serve(() => true), [0]);
});

Deno.test("a disabled channel is never the last resort, and a new address does not rest", () => {
  const { table, serve } = withChannels(2), dead = (id: number) => id !== 0;
  serve(dead);
  table.disable(0, 1);
  assert.deepEqual(serve(() => false), [1]);
  table.setAddress(0, { host: "127.0.0.1", port: 9 });
  table.enable(0, 1);
  // The other one has just failed and rests.
  assert.deepEqual(serve(() => true), [0]);
});

Deno.test("a shortage on this machine does not make a channel rest, only the channel's own failure does", () => {
  const { selections, serve } = withChannels(2);
  const attempt = selections[0].begin(CLIENT);
  assert.equal(attempt.choose(), 0);
  attempt.failed("machine", "Too many open files");
  attempt.abandon();
  assert.deepEqual([serve(() => true), serve(() => true)], [[1], [0]]);
});

Deno.test("with other options, a channel that rests goes on, for as long as these say since it failed", () => {
  const { clock, selections, serve } = withChannels(2), dead = (id: number) => id !== 0;
  const { options } = selections[0],
    change = (failTimeout: number, hashFailover = false) => {
      selections[0] = selections[0].with({ ...options, failTimeout, hashFailover });
    };
  assert.equal(selections[0].with({ ...options }), selections[0]);
  serve(dead);
  for (clock.seconds = 0; clock.seconds < 10; clock.seconds++) {
    change(10, clock.seconds % 2 === 0);
    assert.deepEqual(serve(dead), [1]);
  }
  change(20);
  assert.deepEqual(serve(dead), [1]);
  change(10);
  assert.deepEqual(serve(dead), [0, 1]);
  clock.seconds = 15;
  assert.deepEqual(serve(dead), [1]);
  change(5);
  assert.deepEqual(serve(dead), [0, 1]);
});

Deno.test("a search that began with other options makes a channel rest for later ones as well", () => {
  const { selections, serve } = withChannels(2), [earlier] = selections;
  const attempt = earlier.begin(CLIENT);
  assert.equal(attempt.choose(), 0);
  selections[0] = earlier.with({ ...earlier.options, failTimeout: 20 });
  attempt.failed("channel", "no answer");
  attempt.abandon();
  for (let i = 0; i < 3; i++) assert.deepEqual(serve(() => true), [1]);
});

Deno.test("a channel known to fail, but never tried by this process, is tried at once", () => {
  const { table, selections, serve } = withChannels(2);
  table.setFailing(0, true, table.addressSequence(0));
  const attempt = selections[0].begin(CLIENT);
  assert.equal(attempt.choose(), 0);
  attempt.failed("ports", "Cannot assign requested address");
  attempt.abandon();
  // That was no trial.
  table.moveCursor(0, table.cursor(0), 0);
  assert.deepEqual(serve(() => true), [0]);
});

Deno.test("whatever the threads do, a dead channel costs one client in ten seconds", () => {
  const visits = fc.array(fc.record({ lane: fc.nat(2), pause: fc.integer({ min: 0, max: 4 }) }), { maxLength: 300 });
  fc.assert(
    fc.property(visits, (visits) => {
      const { clock, serve } = withChannels(2, 3), trials: number[] = [];
      for (const { lane, pause } of visits) {
        clock.seconds += pause;
        if (serve((id) => id !== 0, lane)[0] === 0) trials.push(clock.seconds);
      }
      for (let i = 1; i < trials.length; i++) assert.ok(trials[i] - trials[i - 1] >= 10, trials.join());
      // Nor is it forgotten, whichever thread serves clients: one comes every 4 s at least.
      if (visits.length > 1) assert.ok(trials.length > 0 && clock.seconds - trials.at(-1)! < 14, trials.join());
    }),
    parameters(300),
  );
});
