import assert from "node:assert/strict";
import { channelIdentity } from "../selection/identity.ts";
import { hash } from "../selection/strategies/hash.ts";
import { roundRobin } from "../selection/strategies/round_robin.ts";
import type { Strategy } from "../selection/strategy.ts";
import { channelId } from "../table/channel_id.ts";
import { MAX_CHANNELS } from "../table/limits.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { ALL } from "./channels.ts";
import { Groups } from "./groups.ts";

const address = { host: "192.0.2.1", port: 80 }, other = { host: "2001:db8::1", port: 81 };

Deno.test("a channel keeps the host name it was given, and connects to its address", () => {
  const groups = new Groups(Table.create());
  assert.equal(groups.add(3, { host: "web1", address, maxc: 7 }), 0);
  const [{ group, type, channels: [channel] }] = groups.snapshot();
  assert.deepEqual([group, type], [3, "RR"]);
  assert.deepEqual([channel.host, channel.address, channel.port, channel.maxc], ["web1", "192.0.2.1", 80, 7]);
  assert.ok(groups.has(3, 0) && groups.enabled(3, 0));
  for (const [group, number] of [[3, 1], [3, -1], [0, 0]]) assert.equal(groups.has(group, number), false);
});

Deno.test("a full group takes no more channels", () => {
  const groups = new Groups(Table.create());
  for (let i = 0; i < MAX_CHANNELS; i++) assert.equal(groups.add(0, { host: `web${i}`, address }), i);
  assert.equal(groups.add(0, { host: "more", address }), undefined);
  assert.equal(groups.size(0), MAX_CHANNELS);
});

Deno.test("enabling undoes what operator and autodisable did; disabling counts as the operator's", () => {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "web1", address, enabled: false });
  assert.equal(groups.table.disabledBy(0), DisabledBy.OPERATOR);
  groups.table.disable(0, DisabledBy.MACHINE);
  assert.ok(groups.enable(0, 0) && groups.enabled(0, 0));
  assert.equal(groups.enable(0, 0), false);
  assert.equal(groups.disable(0, 0), true);
  assert.equal(groups.disable(0, 0), false);
  assert.equal(groups.table.disabledBy(0), DisabledBy.OPERATOR);
});

Deno.test("only a disabled channel can get a new address, with a new host name", () => {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "web1", address });
  assert.equal(groups.assign(0, 0, "web2", other), false);
  assert.equal(groups.snapshot()[0].channels[0].host, "web1");
  groups.disable(0, 0);
  assert.equal(groups.assign(0, 0, "web2", other), true);
  const [{ host, address: numeric, port }] = groups.snapshot()[0].channels;
  assert.deepEqual([host, numeric, port], ["web2", "2001:db8::1", 81]);
});

Deno.test("a channel of weight 0 gets no new connections, whoever enables it, until it has a weight again", () => {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "web1", address, weight: 3 });
  assert.equal(groups.weight(0, 0), 3);
  groups.weigh(0, 0, 0);
  assert.equal(groups.enabled(0, 0), false);
  assert.equal(groups.enable(0, 0), false);
  assert.deepEqual(groups.snapshot()[0].channels[0].disabledBy, ["weight"]);
  groups.weigh(0, 0, 1);
  assert.ok(groups.enabled(0, 0));
});

Deno.test("a channel is found by its name until it is removed, and its row's next channel has none", () => {
  const groups = new Groups(Table.create()), a = { host: "a", port: 80, address: "192.0.2.1" };
  groups.replace([], [{ channels: [a] }, { channels: [{ ...a, name: "x" }] }]);
  assert.deepEqual([groups.named("x"), groups.named("y")], [{ group: 1, channel: 0 }, undefined]);
  groups.replace([{ channels: [a] }, { channels: [{ ...a, name: "x" }] }], [{ channels: [a] }]);
  assert.equal(groups.named("x"), undefined);
  groups.add(1, { host: "b", address });
  assert.equal(groups.snapshot()[1].channels[0].name, null);
});

Deno.test("a strategy that asks for identities has those of host and port as they were given", () => {
  const byIdentity: Strategy = { ...roundRobin, name: "stable", label: "Stable" };
  const table = Table.create(), groups = new Groups(table, [roundRobin, hash, byIdentity]);
  groups.add(0, { host: "web1", address });
  assert.equal(table.identity(0), 0, "nobody asks, and nothing is written");
  groups.setStrategy(0, "stable");
  assert.equal(table.identity(0), channelIdentity("web1", 80));
  groups.add(0, { host: "web2", address: other });
  assert.equal(table.identity(1), channelIdentity("web2", 81));
  groups.disable(0, 0);
  groups.assign(0, 0, "web3", other);
  assert.equal(table.identity(0), channelIdentity("web3", 81));
  const spec = [{
    strategy: "stable",
    channels: [{ host: "a", port: 1, address: "192.0.2.1" }, { host: "b", port: 2 }],
  }];
  const replaced = new Groups(Table.create(), groups.strategies);
  replaced.replace([], spec);
  const identities = (groups: Groups) => groups.table.channels(0).map((id) => groups.table.identity(id));
  assert.deepEqual(identities(replaced), [channelIdentity("a", 1), channelIdentity("b", 2)]);
  replaced.add(0, { host: "c", address });
  const restored = new Groups(Table.create(), groups.strategies);
  restored.replace([], spec);
  restored.restore(replaced.state(spec), spec);
  assert.deepEqual(identities(restored), identities(replaced));
});

Deno.test("disabling a channel that is down, drains or has no weight is news, and lasts when that is over", () => {
  const groups = new Groups(Table.create()), { table } = groups;
  groups.add(0, { host: "web1", address });
  for (const bits of [DisabledBy.DOWN, DisabledBy.DRAINING, DisabledBy.WEIGHT]) {
    table.disable(0, bits);
    assert.equal(groups.disable(0, 0), true);
    assert.equal(groups.disable(0, 0), false);
    table.enable(0, bits);
    assert.equal(table.disabledBy(0), DisabledBy.OPERATOR);
    groups.enable(0, 0);
  }
  table.disable(0, DisabledBy.MACHINE);
  assert.equal(groups.disable(0, 0), false, "as Balance says after autodisable");
});

Deno.test("a channel that is watched is there until it is removed, also when another one gets its id", () => {
  const groups = new Groups(Table.create()),
    spec = (host: string) => [{ channels: [{ host, port: 1, address: "::1" }] }];
  groups.replace([], spec("a"));
  const id = groups.idOf(0, 0), isThere = groups.watch(id);
  assert.ok(isThere());
  let host = "a";
  for (let i = 0; i < 200 && (host === "a" || groups.idOf(0, 0) !== id); i++) {
    groups.replace(spec(host), spec(host = `b${i}`));
    assert.ok(!isThere());
  }
  assert.equal(groups.idOf(0, 0), id);
});

Deno.test("a channel has its identity before any thread can choose it", () => {
  const seen: number[] = [], spec = [{ strategy: "stable", channels: [{ host: "a", port: 1, address: "192.0.2.1" }] }];
  const watched = () => {
    const table = Table.create();
    table.onReturn = (id) => seen.push(table.identity(id));
    return new Groups(table);
  };
  const groups = watched(), restored = watched();
  groups.replace([], spec);
  groups.add(0, { host: "b", address });
  groups.disable(0, 1);
  groups.table.disable(channelId(0, 1), DisabledBy.UNRESOLVED);
  groups.enable(0, 1);
  groups.assign(0, 1, "c", address);
  restored.replace([], spec);
  restored.restore(groups.state(spec), spec);
  const [a, b, c] = [channelIdentity("a", 1), channelIdentity("b", 80), channelIdentity("c", 80)];
  assert.deepEqual(seen, [a, b, c, a, c]);
});

Deno.test("each channel that cannot take a client is counted once, for the first reason that applies", () => {
  const groups = new Groups(Table.create()), { table } = groups;
  for (let i = 0; i < 4; i++) groups.add(i % 2, { host: `web${i}`, address, maxc: 1 });
  assert.deepEqual(groups.count(), { channels: 4, disabled: 0, full: 0, failing: 0 });
  for (const id of [0, 1, channelId(1, 0)]) table.setFailing(id, true, table.addressSequence(id));
  for (const id of [0, 1]) table.reserve(id);
  groups.disable(0, 0);
  assert.deepEqual(groups.count(), { channels: 4, disabled: 1, full: 1, failing: 1 });
});

Deno.test("a group gets the strategy of that name, or keeps its own if there is none", () => {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "web1", address });
  assert.equal(groups.setStrategy(0, "hash").label, "Hash");
  assert.throws(() => groups.setStrategy(0, "most"), {
    name: "RangeError",
    message: "Cannot set strategy: there is no most",
  });
  assert.equal(groups.snapshot()[0].type, "Hash");
});

Deno.test("clients who have no channel but such as are down are told by the groups that are for them", () => {
  const groups = new Groups(Table.create()), { table } = groups;
  const channels = (...hosts: string[]) => hosts.map((host) => ({ host, port: 80, address: "192.0.2.1" }));
  const sni = (name: string) => ({ conditions: { sni: [`${name}.example`] } });
  groups.replace([], [
    { ...sni("a"), channels: channels("a", "b") },
    { ...sni("b"), channels: channels("c") },
    { channels: channels("d") },
    { ...sni("c"), channels: [] },
    { channels: channels("e") },
  ]);
  const ids = [0, 1, 2, 4].flatMap((group) => table.channels(group)), [a, b, c, d, e] = ids;
  const without = (...down: number[]) => {
    for (const id of ids) groups.setDown(id, down.includes(id));
    return groups.withoutLive();
  };
  assert.deepEqual(without(a, b, c), [], "groups for all are left");
  assert.deepEqual(without(a, b, d, e), [0, 2]);
  assert.deepEqual(without(d, e), [2]);
  assert.deepEqual(without(c, a, d, e), [1, 2]);
  assert.deepEqual(without(a, b, c, d, e), [ALL]);
  table.disable(d, DisabledBy.OPERATOR);
  assert.deepEqual(without(a, b, e), [0, 2], "the first group for all, whoever disabled its channels");
  const plain = new Groups(Table.create());
  plain.replace([], [{ channels: channels("a") }, { channels: channels("b") }]);
  plain.setDown(plain.idOf(0, 0), true);
  assert.deepEqual(plain.withoutLive(), []);
  plain.setDown(plain.idOf(1, 0), true);
  assert.deepEqual(plain.withoutLive(), [ALL]);
});
