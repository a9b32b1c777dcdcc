import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { NONE } from "../table/channel_id.ts";
import { RESULT } from "../table/records/results.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Selection } from "./selection.ts";
import type { SelectionOptions } from "./selection_options.ts";
import type { SelectionEvent } from "./events.ts";

const CLIENT = { address: parseHost("192.0.2.1").bytes, port: 4711 };

/** A selection over one group of channels, and what it reports. */
function withChannels(count: number, options: Partial<SelectionOptions> = {}) {
  const table = Table.create(), events: SelectionEvent[] = [];
  for (let i = 0; i < count; i++) table.addChannel(0, { host: "127.0.0.1", port: 1 + i });
  const selection = new Selection(
    table,
    table.lane(0),
    { autodisable: false, hashFailover: false, failTimeout: 0, trace: false, ...options },
    (event) => events.push(event),
  );
  return { table, events, selection };
}

Deno.test("choosing counts the connection at once, closing gives it back", () => {
  const { table, events, selection } = withChannels(1);
  const attempt = selection.begin(CLIENT);
  assert.deepEqual([table.current(0), table.counters(0).total], [0, 0n]);
  const channel = attempt.choose();
  assert.deepEqual([channel, table.current(0), table.counters(0).total], [0, 1, 1n]);
  attempt.connected();
  assert.deepEqual([table.current(0), table.counters(0).failed], [1, 0n]);
  selection.closed(channel);
  assert.deepEqual([table.current(0), table.counters(0).total], [0, 1n]);
  assert.deepEqual(events, []);
});

Deno.test("a failure is counted and gives the connection back, and the next channel follows", () => {
  const { table, selection } = withChannels(3);
  const attempt = selection.begin(CLIENT);
  for (const channel of [0, 1, 2]) {
    assert.equal(attempt.choose(), channel);
    attempt.failed("channel", "Connection refused", RESULT.REFUSED, 111);
    assert.deepEqual([table.current(channel), table.counters(channel).failed], [0, 1n]);
  }
  assert.equal(attempt.choose(), NONE);
  attempt.abandon();
  assert.deepEqual([0, 1, 2].map((id) => table.counters(id).total), [1n, 1n, 1n]);
});

Deno.test("a channel that is withdrawn is not to blame, and another one follows", () => {
  const { table, events, selection } = withChannels(2, { failTimeout: 30 });
  const attempt = selection.begin(CLIENT);
  assert.equal(attempt.choose(), 0);
  attempt.withdrawn();
  const { total, failed } = table.counters(0);
  assert.deepEqual([table.current(0), total, failed, table.failing(0), attempt.shortage], [0, 0n, 0n, false, false]);
  assert.equal(attempt.choose(), 1);
  attempt.withdrawn();
  assert.equal(attempt.choose(), NONE);
  attempt.retry();
  assert.equal(attempt.choose(), NONE);
  attempt.abandon();
  assert.equal(selection.begin(CLIENT).choose(), 0);
  assert.deepEqual(events, []);
});

Deno.test("an attempt that is abandoned gives back what it holds", () => {
  const { table, selection } = withChannels(2);
  selection.begin(CLIENT).abandon();
  const attempt = selection.begin(CLIENT);
  assert.equal(attempt.choose(), 0);
  attempt.abandon();
  assert.deepEqual([table.current(0), table.counters(0).total, table.counters(0).failed], [0, 1n, 0n]);
  table.lane(0).abandon((id) => assert.fail(`channel ${id} is still held`));
});

Deno.test("when a client has left, the trace says so and its channel is given back without a failure", () => {
  const { events, table, selection } = withChannels(1, { trace: true });
  const attempt = selection.begin(CLIENT);
  attempt.choose();
  attempt.clientLeft();
  const { total, failed } = table.counters(0);
  assert.deepEqual([table.current(0), total, failed], [0, 1n, 0n]);
  assert.deepEqual(events.map((event) => event.type === "trace" && [event.channel, event.step]), [
    [0, "chosen"],
    [0, "client has left"],
  ]);
});

Deno.test("an attempt that is used again is like new for the next client", () => {
  const { selection, table } = withChannels(2);
  const first = selection.begin(CLIENT);
  first.choose();
  first.failed("ports", "Cannot assign requested address");
  first.choose();
  first.connected();
  const second = selection.begin(CLIENT);
  assert.equal(second.shortage, false);
  assert.deepEqual([second.choose(), table.current(0), table.current(1)], [0, 1, 1]);
  second.abandon();
  assert.deepEqual([table.current(0), table.current(1)], [0, 1]);
});

Deno.test("simultaneous attempts do not disturb each other", () => {
  const { selection, table } = withChannels(2);
  const first = selection.begin(CLIENT), second = selection.begin(CLIENT);
  assert.deepEqual([first.choose(), second.choose()], [0, 1]);
  first.failed("channel", "refused");
  assert.equal(first.choose(), 1);
  second.connected();
  first.connected();
  assert.deepEqual([table.current(0), table.current(1)], [0, 2]);
});

Deno.test("a failing channel is reported once, and once more when it is back", () => {
  const { events, selection, table } = withChannels(1);
  const connect = (works: boolean) => {
    const attempt = selection.begin(CLIENT), channel = attempt.choose();
    if (works) attempt.connected();
    else {
      attempt.failed("channel", "Connection refused", RESULT.REFUSED, 111);
      attempt.abandon();
    }
    if (works) selection.closed(channel);
  };
  for (const works of [true, false, false, true, true, false]) connect(works);
  const at = { channel: 0, address: { host: "127.0.0.1", port: 1 } };
  assert.deepEqual(events, [
    { type: "channel-failing", ...at, reason: "Connection refused", result: "refused" },
    { type: "channel-back", ...at },
    { type: "channel-failing", ...at, reason: "Connection refused", result: "refused" },
  ]);
  assert.ok(table.failing(0));
  assert.equal(table.disabledBy(0), 0);
});

Deno.test("autodisable disables a failing channel for the machine's reason and says so once", () => {
  const { events, selection, table } = withChannels(2, { autodisable: true });
  const first = selection.begin(CLIENT), second = selection.begin(CLIENT);
  table.setMaxc(1, 1);
  assert.deepEqual([first.choose(), second.choose()], [0, 1]);
  const third = selection.begin(CLIENT);
  assert.equal(third.choose(), 0);
  first.failed("channel", "refused");
  third.failed("channel", "refused");
  assert.equal(table.disabledBy(0), DisabledBy.MACHINE);
  assert.deepEqual(events.map(({ type }) => type), ["channel-failing", "channel-autodisabled"]);
  assert.deepEqual([first.choose(), third.choose()], [NONE, NONE]);
});

Deno.test("autodisable leaves alone a channel that an operator has disabled in the meantime", () => {
  const { events, selection, table } = withChannels(1, { autodisable: true });
  const attempt = selection.begin(CLIENT);
  attempt.choose();
  table.disable(0, DisabledBy.OPERATOR);
  attempt.failed("channel", "refused");
  attempt.abandon();
  assert.deepEqual(events.map(({ type }) => type), ["channel-failing"]);
  table.enable(0, DisabledBy.OPERATOR | DisabledBy.MACHINE);
  assert.equal(table.disabledBy(0), 0);
});

Deno.test("a lack of local ports is no channel's failure, and other channels are tried", () => {
  const { events, selection, table } = withChannels(2, { autodisable: true });
  const attempt = selection.begin(CLIENT);
  for (const channel of [0, 1]) {
    assert.equal(attempt.choose(), channel);
    attempt.failed("ports", "Cannot assign requested address");
  }
  assert.equal(attempt.choose(), NONE);
  assert.ok(attempt.shortage);
  for (const channel of [0, 1]) {
    const { total, failed } = table.counters(channel);
    assert.deepEqual([table.current(channel), total, failed], [0, 0n, 0n]);
    assert.deepEqual([table.disabledBy(channel), table.failing(channel)], [0, false]);
  }
  assert.deepEqual(events, []);

  attempt.retry();
  assert.ok(!attempt.shortage);
  assert.equal(attempt.choose(), 0);
  attempt.connected();
  assert.deepEqual([table.current(0), table.counters(0).total], [1, 1n]);
});

Deno.test("when this machine lacks something that every connect needs, no other channel is tried", () => {
  const { events, selection, table } = withChannels(3);
  const attempt = selection.begin(CLIENT);
  attempt.choose();
  attempt.failed("channel", "refused");
  assert.equal(attempt.choose(), 1);
  attempt.failed("machine", "Too many open files");
  assert.deepEqual([attempt.choose(), attempt.shortage], [NONE, true]);
  assert.deepEqual([0, 1, 2].map((id) => table.counters(id).total), [1n, 0n, 0n]);
  assert.deepEqual(events.map(({ type }) => type), ["channel-failing"]);
  // The same client does not try the failed one again.
  attempt.retry();
  for (const channel of [2, 1]) {
    assert.equal(attempt.choose(), channel);
    attempt.failed("channel", "refused");
  }
  assert.deepEqual([attempt.choose(), attempt.shortage], [NONE, false]);
  attempt.abandon();
  table.lane(0).abandon((id) => assert.fail(`channel ${id} is still held`));
});

Deno.test("counters reset during a shortage are never negative", () => {
  const { selection, table } = withChannels(1);
  const attempt = selection.begin(CLIENT);
  attempt.choose();
  table.reset(0);
  attempt.failed("machine", "Too many open files");
  assert.equal(table.counters(0).total, 0n);
  attempt.abandon();
});

Deno.test("a search says when only a limit keeps it from a channel", () => {
  const { selection, table } = withChannels(3);
  table.setMaxc(0, 1);
  const first = selection.begin(CLIENT), second = selection.begin(CLIENT);
  assert.equal(first.choose(), 0);
  first.connected();
  for (const channel of [1, 2]) {
    assert.equal(second.choose(), channel);
    second.failed("channel", "refused");
  }
  assert.deepEqual([second.choose(), second.full, second.shortage], [NONE, true, false]);
  second.retry();
  assert.deepEqual([second.choose(), second.full], [NONE, true]);
  selection.closed(0);
  second.retry();
  assert.deepEqual([second.choose(), second.full], [0, false]);
  second.connected();
  assert.deepEqual([0, 1, 2].map((id) => table.counters(id).total), [2n, 1n, 1n]);
});

Deno.test("waiting does not help when a channel is disabled, or full and failing", () => {
  const { selection, table } = withChannels(2);
  for (const id of [0, 1]) table.setMaxc(id, 1);
  const holders = [selection.begin(CLIENT), selection.begin(CLIENT)];
  for (const holder of holders) holder.choose();
  table.disable(0, DisabledBy.OPERATOR);
  table.setFailing(1, true, table.addressSequence(1));
  const attempt = selection.begin(CLIENT);
  assert.deepEqual([attempt.choose(), attempt.full], [NONE, false]);
  for (const each of [attempt, ...holders]) each.abandon();
});

for (const works of [false, true]) {
  Deno.test(`a connect to the old address that ${works ? "works" : "fails"} says nothing about the new one`, () => {
    const { events, selection, table } = withChannels(1, { autodisable: !works, failTimeout: 10, trace: true });
    const early = selection.begin(CLIENT), old = table.address(0), address = { host: "192.0.2.9", port: 9 };
    assert.equal(early.choose(), 0);
    table.setAddress(0, address);
    if (works) {
      const late = selection.begin(CLIENT);
      assert.equal(late.choose(), 0);
      late.failed("channel", "no answer", RESULT.TIMEOUT);
      late.abandon();
      early.connected();
    } else {
      early.failed("channel", "no answer", RESULT.TIMEOUT);
      assert.equal(table.counters(0).failed, 1n);
      early.abandon();
    }
    assert.deepEqual([table.failing(0), table.disabledBy(0)], [works, 0]);
    const told = events.map((event) => event.type === "trace" ? [event.step, event.address] : event);
    assert.deepEqual(
      told,
      works
        ? [
          ["chosen", old],
          ["chosen", address],
          ["failed: no answer", address],
          { type: "channel-failing", channel: 0, address, reason: "no answer", result: "timeout" },
          ["connected", old],
        ]
        : [["chosen", old], ["failed: no answer", old]],
    );
    // It does not rest because of its old address.
    if (!works) assert.equal(selection.begin(CLIENT).choose(), 0);
  });
}

Deno.test("a trace has every step with its client", () => {
  const { events, selection } = withChannels(1, { trace: true });
  const attempt = selection.begin({ address: parseHost("2001:db8::7").bytes, port: 99 });
  attempt.choose();
  attempt.failed("channel", "no answer", RESULT.TIMEOUT);
  attempt.choose();
  attempt.abandon();
  const client = "[2001:db8::7]:99", at = { channel: 0, address: { host: "127.0.0.1", port: 1 } };
  assert.deepEqual(events, [
    { type: "trace", client, ...at, step: "chosen" },
    { type: "trace", client, ...at, step: "failed: no answer" },
    { type: "channel-failing", ...at, reason: "no answer", result: "timeout" },
    { type: "trace", client, channel: NONE, step: "no usable channel" },
  ]);
});

Deno.test("each thread counts in its own lane, and what it gives back is free for all", () => {
  const table = Table.create(2);
  const id = table.addChannel(1, { host: "127.0.0.1", port: 1 }, 2)!;
  const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };
  const [one, two] = [0, 1].map((lane) => new Selection(table, table.lane(lane), options, () => {}));
  const attempts = [one.begin(CLIENT), two.begin(CLIENT), one.begin(CLIENT)];
  assert.deepEqual(attempts.map((attempt) => attempt.choose()), [id, id, NONE]);
  attempts[0].connected();
  attempts[1].connected();
  assert.deepEqual([table.current(id), table.counters(id).total], [2, 2n]);
  two.closed(id);
  const held: number[] = [];
  table.lane(0).abandon((_, count) => held.push(count));
  table.lane(1).abandon((_, count) => held.push(count));
  assert.deepEqual([held, table.current(id)], [[1], 1]);
});

Deno.test("failures of a channel whose health is checked are all reported, and it does not rest", () => {
  const { table, events, selection } = withChannels(1, { failTimeout: 30 });
  table.setChecked(0, true);
  for (let i = 0; i < 2; i++) {
    const attempt = selection.begin(CLIENT);
    assert.equal(attempt.choose(), 0);
    attempt.failed("channel", "Connection refused", RESULT.REFUSED, 111);
    attempt.abandon();
  }
  const sequence = table.addressSequence(0), address = table.address(0);
  const failure = { type: "connect-failed", channel: 0, address, sequence, reason: "Connection refused" };
  assert.deepEqual(events, [failure, failure]);
  assert.equal(selection.resting?.has(0), false);
  // Checks know that by now, and nobody hears of a shortage.
  table.disable(0, DisabledBy.DOWN);
  const last = selection.begin(CLIENT);
  assert.equal(last.choose(), 0, "it is all that is left");
  last.failed("channel", "Connection refused", RESULT.REFUSED, 111);
  last.abandon();
  assert.equal(events.length, 2);
  table.setAddress(0, { host: "127.0.0.2", port: 1 });
  assert.equal(table.isChecked(0), false, "another address is not checked at first");
});
