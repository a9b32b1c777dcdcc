import assert from "node:assert/strict";
import { NONE } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { sequenceOf, sequencesBetween } from "../table/order.ts";
import { DisabledBy, Table } from "../table/table.ts";
import type { ChannelSpec, GroupSpec } from "./group_spec.ts";
import { Groups } from "./groups.ts";
import { NoRoom } from "./replacement.ts";

const channel = (host: string, more: Partial<ChannelSpec> = {}): ChannelSpec => ({
  host,
  port: 80,
  address: "192.0.2.1",
  ...more,
});
const A = channel("a"), B = channel("b"), C = channel("c");

function made(...groups: GroupSpec[]): Groups {
  const made = new Groups(Table.create());
  made.replace([], groups);
  return made;
}

const hosts = (groups: Groups, group = 0) =>
  groups.snapshot().find((each) => each.group === group)?.channels.map(({ host }) => host);

Deno.test("groups are made from nothing", () => {
  const groups = new Groups(Table.create());
  const wanted = [{ channels: [A, { ...B, maxc: 3 }] }, { strategy: "hash", channels: [C] }];
  assert.deepEqual(groups.replace([], wanted), [
    { type: "channel-added", group: 0, channel: 0, host: "a", port: 80, resolved: true },
    { type: "channel-added", group: 0, channel: 1, host: "b", port: 80, resolved: true },
    { type: "strategy-changed", group: 1, from: "rr", to: "hash" },
    { type: "channel-added", group: 1, channel: 0, host: "c", port: 80, resolved: true },
  ]);
  assert.deepEqual(groups.snapshot().map(({ type, channels }) => [type, channels.map(({ maxc }) => maxc)]), [
    ["RR", [0, 3]],
    ["Hash", [0]],
  ]);
  assert.deepEqual([groups.table.channels(0), groups.table.channels(1).length], [[0, 1], 1]);
});

Deno.test("the same specification changes nothing, whatever operators have done", () => {
  const spec = [{ channels: [A, B] }], groups = made(...spec);
  groups.disable(0, 0);
  groups.limit(0, 1, 7);
  groups.setStrategy(0, "hash");
  groups.assign(0, 0, "elsewhere", { host: "192.0.2.9", port: 81 });
  groups.add(0, { host: "made", address: { host: "192.0.2.3", port: 1 } });
  const before = groups.snapshot();
  assert.deepEqual(groups.replace(spec, [{ channels: [{ ...A }, { ...B }] }]), []);
  assert.deepEqual(groups.snapshot(), before);
});

Deno.test("weights change together with the list of channels, in one step", () => {
  const before = [{ channels: [A, B] }], groups = made(...before), { table } = groups, order = table.order(0);
  groups.replace(before, [{ channels: [C, { ...B, weight: 3 }, { ...A, weight: 2 }] }]);
  assert.equal(sequencesBetween(sequenceOf(order), sequenceOf(table.order(0))), 1);
  const turns = Array.from({ length: table.turns(0) }, (_, turn) => table.turn(0, turn));
  assert.deepEqual([0, 1, 2].map((number) => turns.filter((turn) => turn === number).length), [1, 3, 2]);
});

Deno.test("a reload never gives clients a channel that takes them neither before nor afterwards", () => {
  const limited = { channels: [{ ...A, maxc: 1 }] }, off = { channels: [{ ...A, weight: 0 }] };
  for (const [before, after, most] of [[limited, off, 0], [off, limited, 1]] as const) {
    const groups = made(before), { table } = groups, places: number[] = [];
    if (before === limited) assert.ok(table.reserve(0));
    // The queue is told of everything by which a place may come free.
    const look = () => void places.push(table.free(0));
    table.queue = { freed: look, changed: look, disabled: look } as unknown as typeof table.queue;
    groups.replace([before], [after]);
    assert.ok(places.length > 0 && places.every((free) => free <= most), `${places}`);
  }
});

Deno.test("a removed channel's connections are told, and go on", () => {
  const groups = made({ channels: [A, B, C] }), { table } = groups, [, b] = table.channels(0);
  for (let i = 0; i < 3; i++) table.reserve(b);
  const wanted = [{ channels: [C, A] }], before = groups.snapshot();
  const changes = [
    { type: "channel-removed", group: 0, channel: 1, host: "b", port: 80, connections: 3 },
    { type: "order-changed", group: 0 },
  ] as const;
  assert.deepEqual(groups.compare([{ channels: [A, B, C] }], wanted), changes);
  assert.deepEqual(groups.snapshot(), before, "a comparison changes nothing");
  assert.deepEqual(groups.replace([{ channels: [A, B, C] }], wanted), changes);
  assert.deepEqual([hosts(groups), groups.count().channels, table.current(b), table.numberOf(b)], [
    ["c", "a"],
    2,
    3,
    NONE,
  ]);
  // If it comes back, it is a new channel.
  groups.replace(wanted, [{ channels: [A, B, C] }]);
  assert.deepEqual(groups.snapshot()[0].channels.map(({ host, current }) => [host, current]), [["a", 0], ["b", 0], [
    "c",
    0,
  ]]);
});

Deno.test("what the specification changes counts for more than what an operator changed", () => {
  const before = [{ channels: [{ ...A, maxc: 1 }, B] }], groups = made(...before);
  groups.limit(0, 0, 9);
  groups.limit(0, 1, 8);
  groups.disable(0, 0);
  assert.deepEqual(groups.replace(before, [{ strategy: "hash", channels: [{ ...A, maxc: 2 }, B] }]), [
    { type: "strategy-changed", group: 0, from: "rr", to: "hash" },
    { type: "option-changed", group: 0, channel: 0, host: "a", port: 80, key: "maxc", from: 9, to: 2 },
  ]);
  const [{ type, channels: [a, b] }] = groups.snapshot();
  assert.deepEqual([type, a.maxc, a.enabled, b.maxc], ["Hash", 2, false, 8]);
});

Deno.test("each option of a channel that the specification changes is told and changed", () => {
  const before = [{ channels: [{ ...A, weight: 2, name: "x" }, { ...B, name: "y" }] }], groups = made(...before);
  groups.weigh(0, 1, 9);
  const here = { type: "option-changed", group: 0, channel: 0, host: "a", port: 80 };
  assert.deepEqual(groups.replace(before, [{ channels: [{ ...A, name: "z" }, { ...B, weight: 1 }] }]), [
    { ...here, key: "weight", from: 2, to: 1 },
    { ...here, key: "name", from: "x", to: "z" },
    { ...here, channel: 1, host: "b", key: "name", from: "y", to: undefined },
  ]);
  assert.deepEqual(groups.snapshot()[0].channels.map(({ weight, name }) => [weight, name]), [[1, "z"], [9, null]]);
});

Deno.test("identical channels are matched in their order", () => {
  const before = [{ channels: [A, A, A] }], groups = made(...before), [first, second] = groups.table.channels(0);
  assert.deepEqual(groups.replace(before, [{ channels: [A, B, A] }]).map(({ type }) => type), [
    "channel-added",
    "channel-removed",
  ]);
  const [kept, , also] = groups.table.channels(0);
  assert.deepEqual([kept, also], [first, second]);
});

Deno.test("a name that stands for another address moves its channel, unless an operator has assigned one", () => {
  const before = [{ channels: [A, B] }], groups = made(...before);
  groups.disable(0, 1);
  groups.assign(0, 1, "elsewhere", { host: "192.0.2.9", port: 80 });
  const wanted = [{ channels: [{ ...A, address: "::ffff:192.0.2.7" }, { ...B, address: "192.0.2.7" }] }];
  assert.deepEqual(groups.replace(before, wanted), [
    { type: "address-changed", group: 0, channel: 0, host: "a", port: 80, from: "192.0.2.1", to: "192.0.2.7" },
  ]);
  assert.deepEqual(groups.snapshot()[0].channels.map(({ address }) => address), ["192.0.2.7", "192.0.2.9"]);
});

Deno.test("a name that no longer resolves leaves its channel as it is", () => {
  const before = [{ channels: [A] }], groups = made(...before);
  assert.deepEqual(groups.replace(before, [{ channels: [channel("a", { address: undefined })] }]), []);
  assert.ok(groups.enabled(0, 0));
});

Deno.test("a channel whose name does not resolve waits until it does", () => {
  const before = [{ channels: [channel("a", { address: undefined, port: 0 }), B] }], groups = made(...before);
  const [id] = groups.table.channels(0), snapshot = () => groups.snapshot()[0].channels[0];
  assert.deepEqual(groups.unresolved(), [{ id, group: 0, channel: 0, host: "a" }]);
  const { enabled, disabledBy, host, address, port } = snapshot();
  assert.deepEqual({ enabled, disabledBy, host, address, port }, {
    enabled: false,
    disabledBy: ["unresolved"],
    host: "a",
    address: "",
    port: 0,
  });
  groups.disable(0, 0);
  assert.ok(!groups.enable(0, 0), "an operator cannot make up an address");
  assert.ok(!groups.table.reserve(id));
  assert.ok(!groups.resolved({ id, host: "other" }, "192.0.2.8"));
  assert.ok(groups.resolved({ id, host: "a" }, "192.0.2.8"));
  assert.ok(!groups.resolved({ id, host: "a" }, "192.0.2.9"), "it has been resolved");
  assert.deepEqual([snapshot().address, snapshot().port, snapshot().enabled], ["192.0.2.8", 0, true]);
  assert.deepEqual(groups.unresolved(), []);
});

Deno.test("a reload resolves a channel as well, and so does an operator who assigns an address", () => {
  const unresolved = [{ channels: [channel("a", { address: undefined })] }];
  const groups = made(...unresolved), other = made(...unresolved);
  assert.deepEqual(groups.replace(unresolved, [{ channels: [A] }]), [
    { type: "address-changed", group: 0, channel: 0, host: "a", port: 80, from: undefined, to: "192.0.2.1" },
  ]);
  assert.ok(groups.enabled(0, 0));
  assert.ok(other.assign(0, 0, "elsewhere", { host: "192.0.2.9", port: 1 }));
  assert.ok(other.enabled(0, 0));
});

Deno.test("a removed channel is not resolved any more", () => {
  const before = [{ channels: [channel("a", { address: undefined })] }], groups = made(...before);
  const [found] = groups.unresolved();
  groups.replace(before, []);
  assert.equal(groups.resolved(found, "192.0.2.1"), false);
  assert.equal(groups.table.disabledBy(found.id), DisabledBy.UNRESOLVED | DisabledBy.REMOVED);
});

Deno.test("groups come and go; what operators have created stays in them", () => {
  const before = [{ channels: [A] }, { strategy: "hash", channels: [B] }, { channels: [C] }];
  const groups = made(...before);
  groups.add(1, { host: "made", address: { host: "192.0.2.3", port: 1 }, enabled: false });
  assert.deepEqual(groups.replace(before, [{ channels: [A] }]).map((change) => [change.type, change.group]), [
    ["strategy-changed", 1],
    ["channel-removed", 1],
    ["channel-removed", 2],
  ]);
  assert.deepEqual([hosts(groups), hosts(groups, 1), hosts(groups, 2)], [["a"], ["made"], undefined]);
  groups.replace([{ channels: [A] }], before);
  assert.deepEqual([hosts(groups, 1), groups.size(2)], [["b", "made"], 1]);
});

Deno.test("a channel that an operator created is the specification's once that names it", () => {
  const before = [{ channels: [A] }], groups = made(...before), { table } = groups;
  const add = (host: string, maxc?: number) => groups.add(0, { host, address: { host: "192.0.2.3", port: 80 }, maxc });
  for (const [host, maxc] of [["b", 7], ["c", 8], ["d", 0]] as const) add(host, maxc);
  groups.disable(0, 1);
  const [a, b, c, d] = table.channels(0), made3 = (host: string) => channel(host, { address: "192.0.2.3" });
  // The limit of b is not mentioned, that of c is.
  const wanted = [{ channels: [A, made3("b"), { ...made3("c"), maxc: 9 }] }];
  assert.deepEqual(groups.replace(before, wanted), [
    { type: "option-changed", group: 0, channel: 2, host: "c", port: 80, key: "maxc", from: 8, to: 9 },
  ]);
  assert.deepEqual(table.channels(0), [a, b, c, d]);
  assert.deepEqual(groups.snapshot()[0].channels.map(({ enabled, maxc }) => [enabled, maxc]), [
    [true, 0],
    [false, 7],
    [true, 9],
    [true, 0],
  ]);
  assert.deepEqual(groups.compare(wanted, before).map(({ type }) => type), ["channel-removed", "channel-removed"]);
  // One more of the same name is a new one; what is taken over may change its place.
  const more = [{ channels: [made3("d"), ...wanted[0].channels, made3("b")] }];
  assert.deepEqual(groups.replace(wanted, more).map(({ type }) => type), ["channel-added", "order-changed"]);
  assert.deepEqual(table.channels(0).slice(0, 4), [d, a, b, c]);
});

Deno.test("a channel to which an operator assigned what the specification now names is that one", () => {
  const before = [{ channels: [A, { ...B, maxc: 5 }] }], x = channel("x", { address: "192.0.2.9", maxc: 5 });
  const assigned = () => {
    const groups = made(...before);
    groups.disable(0, 1);
    groups.assign(0, 1, "x", { host: "192.0.2.9", port: 80 });
    groups.limit(0, 1, 6);
    return groups;
  };
  const instead = assigned(), beside = assigned(), snapshot = instead.snapshot(), [, row] = beside.table.channels(0);
  assert.deepEqual(instead.replace(before, [{ channels: [A, x] }]), []);
  assert.deepEqual(instead.snapshot(), snapshot);
  // Its earlier name gets a channel of its own.
  assert.deepEqual(beside.replace(before, [{ channels: [A, { ...B, maxc: 5 }, x] }]), [
    { type: "channel-added", group: 0, channel: 1, host: "b", port: 80, resolved: true },
  ]);
  const short = beside.snapshot()[0].channels.map(({ host, enabled, maxc }) => [host, enabled, maxc]);
  assert.deepEqual(short, [["a", true, 0], ["b", true, 5], ["x", false, 6]]);
  assert.equal(beside.table.channelAt(0, 2), row);
});

Deno.test("a full group whose channels were created takes a specification that names them", () => {
  const before = [{ channels: [A] }], groups = made(...before);
  for (let i = 1; i < MAX_CHANNELS; i++) groups.add(0, { host: "b", address: { host: "192.0.2.1", port: 80 } });
  const wanted = [{ channels: [A, ...Array.from({ length: MAX_CHANNELS - 1 }, () => B)] }];
  assert.deepEqual(groups.replace(before, wanted), []);
});

Deno.test("an error in any group changes none", () => {
  const before = [{ channels: [A] }], groups = made(...before);
  for (let i = 0; i < 2; i++) groups.add(0, { host: "made", address: { host: "192.0.2.3", port: 1 } });
  const snapshot = groups.snapshot(), full = Array.from({ length: MAX_CHANNELS - 1 }, () => B);
  for (
    const [wanted, message] of [
      [[{ channels: full }], "Cannot change group 0: 65 channels, but there can be 64"],
      [[{ channels: [B] }, { strategy: "best", channels: [C] }], "Cannot set strategy: there is no best"],
      [[{ channels: [B] }, { channels: [channel("c", { address: "nowhere" })] }], /"nowhere" is not numeric/],
      [Array.from({ length: MAX_GROUPS + 1 }, () => ({ channels: [B] })), /more than 32/],
    ] as const
  ) {
    assert.throws(() => groups.replace(before, wanted), { message });
    assert.throws(() => groups.compare(before, wanted), { message });
  }
  assert.throws(() => groups.replace([{ channels: [A, B, C, C] }], []), /it has 3 channels, not 4/);
  assert.deepEqual(groups.snapshot(), snapshot);
});

Deno.test("while removed channels with connections have all rows, the caller is told what it waits for", () => {
  const many = (host: string) => [{ channels: Array.from({ length: MAX_CHANNELS }, () => channel(host)) }];
  const groups = made(...many("a")), { table } = groups;
  const take = () => table.channels(0).forEach((id) => table.reserve(id));
  take();
  const [first] = table.channels(0);
  groups.replace(many("a"), many("b"));
  take();
  assert.throws(() => groups.replace(many("b"), many("c")), (error) => {
    assert.ok(error instanceof NoRoom);
    assert.deepEqual([error.group, error.leaving], [0, 64]);
    assert.equal(
      error.message,
      "Cannot change group 0: 64 removed channels still have 64 connections; try again later",
    );
    return true;
  });
  table.release(first);
  const one = [{ channels: [...many("b")[0].channels.slice(1), C] }];
  assert.equal(groups.replace(many("b"), one).length, 2);
  assert.equal(table.channels(0).at(-1), first);
});
