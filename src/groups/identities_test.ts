import assert from "node:assert/strict";
import { client } from "../../tests/support/one_group.ts";
import { Failover } from "../selection/failover.ts";
import { channelIdentity } from "../selection/identity.ts";
import { Search } from "../selection/search.ts";
import type { Address } from "../table/address.ts";
import { Table } from "../table/table.ts";
import type { GroupSpec } from "./group_spec.ts";
import { Groups } from "./groups.ts";

const CLIENTS = 3_000;

/** A group of these hosts under `stable`. */
function spec(...hosts: string[]): GroupSpec[] {
  return [{ strategy: "stable", channels: hosts.map((host) => ({ host, port: 80, address: "192.0.2.1" })) }];
}

function made(...hosts: string[]): Groups {
  const groups = new Groups(Table.create());
  groups.replace([], spec(...hosts));
  return groups;
}

function identities({ table }: Groups): number[] {
  return table.channels(0).map((id) => table.identity(id));
}

function hostsOf(groups: Groups): string[] {
  return groups.snapshot()[0].channels.map(({ host }) => host);
}

/** The channel of each client, by number. */
function choices({ table }: Groups): number[] {
  const failover = new Failover(table, { hashFailover: false });
  return Array.from({ length: CLIENTS }, (_, i) => {
    const id = failover.next(new Search(), { address: client(i), port: 1 });
    table.release(id);
    return table.numberOf(id);
  });
}

/** What identifies the first, the second and so on of the channels with this host. */
const nth = (host: string, which: number) => channelIdentity(host, 80, which);

Deno.test("stable: two channels with the same host and port share their clients", () => {
  const found = choices(made("a", "a", "b")), counts = [0, 1, 2].map((n) => found.filter((one) => one === n).length);
  for (const count of counts) assert.ok(Math.abs(count - CLIENTS / 3) < CLIENTS / 15, `${counts}`);
});

Deno.test("stable: balancers with the same channels agree, whatever the order, also if some are there twice", () => {
  const hosts = ["a", "a", "b", "a", "c"], other = ["b", "a", "c", "a", "a"];
  const of = (all: string[]) => choices(made(...all)).map((number) => all[number]);
  assert.deepEqual(of(other), of(hosts));
});

Deno.test("stable: when one of several that are the same leaves, only as many clients move as it had", () => {
  const before = choices(made("a", "a", "b")).map((number) => "aab"[number]);
  const after = choices(made("a", "b")).map((number) => "ab"[number]);
  const moved = before.filter((host, i) => host !== after[i]);
  assert.ok(moved.every((host) => host === "a") && moved.length > 0 && moved.length < CLIENTS / 3);
});

Deno.test("channels with the same host and port are told apart by their order, whatever happens to the group", () => {
  const groups = made("a", "b", "a"), address: Address = { host: "192.0.2.1", port: 80 };
  assert.deepEqual(identities(groups), [nth("a", 0), nth("b", 0), nth("a", 1)]);
  groups.add(0, { host: "a", address });
  assert.deepEqual(identities(groups), [nth("a", 0), nth("b", 0), nth("a", 1), nth("a", 2)]);
  const restored = made("a", "b", "a");
  restored.restore(groups.state(spec("a", "b", "a")), spec("a", "b", "a"));
  assert.deepEqual(identities(restored), identities(groups));
  groups.disable(0, 0);
  groups.assign(0, 0, "c", address);
  assert.deepEqual(identities(groups), [nth("c", 0), nth("b", 0), nth("a", 0), nth("a", 1)]);
  groups.replace(spec("a", "b", "a"), spec("a", "a"));
  assert.deepEqual(hostsOf(groups), ["c", "a", "a"]);
  assert.deepEqual(identities(groups), [nth("c", 0), nth("a", 0), nth("a", 1)]);
  groups.setStrategy(0, "rr");
  groups.add(0, { host: "a", address });
  assert.equal(identities(groups).at(-1), 0);
  groups.setStrategy(0, "stable");
  assert.equal(identities(groups).at(-1), nth("a", 2));
});

Deno.test("stable: the first of several that are the same has the identity that it has alone", () => {
  assert.equal(nth("a", 0), channelIdentity("a", 80));
  assert.notEqual(nth("a", 1), nth("a", 0));
});
