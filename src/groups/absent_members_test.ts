/** Channels of names that go and come back. */
import assert from "node:assert/strict";
import { strategies } from "../selection/strategy.ts";
import { Table } from "../table/table.ts";
import { MOST_ABSENT } from "./absent_members.ts";
import type { GroupSpec } from "./group_spec.ts";
import { Groups } from "./groups.ts";

/** A group with these addresses of the name `word`. */
function spec(word: string, ...hosts: readonly string[]): GroupSpec {
  const origin = { group: 0, channel: 0, word, several: true };
  return { channels: hosts.map((host) => ({ host, address: host, port: 80, origin })) };
}

function made(specs: readonly GroupSpec[]): Groups {
  const groups = new Groups(Table.create(), strategies);
  groups.replace([], specs);
  return groups;
}

const parties = (groups: Groups, group = 0) =>
  groups.snapshot().find((one) => one.group === group)?.channels.map((one) => one.disabledBy);

Deno.test("a channel that operators have taken out of use is so when its address comes back", () => {
  const all = [spec("web", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")], few = [spec("web", "10.0.0.4")];
  const groups = made(all);
  groups.disable(0, 0);
  groups.maintain(0, 1);
  // That back end was taken away for good.
  groups.drain(0, 2);
  groups.compare(all, few);
  assert.equal(groups.absent.size, 0, "a comparison changes nothing");
  groups.replace(all, few);
  groups.replace(few, all);
  assert.deepEqual(parties(groups), [["operator"], ["maintenance"], [], []]);
  assert.equal(groups.absent.size, 0);
  // It may come back in another group, as the places of a service do.
  const moved = [few[0], spec("web", "10.0.0.1")];
  groups.replace(all, moved);
  assert.deepEqual(parties(groups, 1), [["operator"]]);
  groups.enable(1, 0);
  groups.replace(moved, few);
  groups.replace(few, all);
  assert.deepEqual(parties(groups), [[], ["maintenance"], [], []]);
});

Deno.test("it is forgotten with its word", () => {
  const all = [spec("web", "10.0.0.1", "10.0.0.2")], other = [spec("db", "10.0.0.9")], groups = made(all);
  groups.disable(0, 0);
  groups.replace(all, other);
  groups.replace(other, all);
  assert.deepEqual(parties(groups), [[], []]);
});

Deno.test("a successor knows it, whether the address is back by then or not", () => {
  const all = [spec("web", "10.0.0.1", "10.0.0.2")], few = [spec("web", "10.0.0.2")], groups = made(all);
  groups.disable(0, 0);
  groups.replace(all, few);
  const state = JSON.parse(JSON.stringify(groups.state(few)));
  assert.deepEqual(state.absent, [{ word: "web", host: "10.0.0.1", port: 80, disabledBy: ["operator"] }]);
  const late = made(few), early = made(all);
  late.restore(state, few);
  late.replace(few, all);
  early.restore(state, all);
  for (const successor of [late, early]) assert.deepEqual(parties(successor), [["operator"], []]);
  assert.throws(
    () => late.restore({ ...state, absent: [{ word: "web", host: 1 }] }, all),
    /state\.absent\[0\]\.host is 1/,
  );
});

Deno.test("only the latest ones are remembered", () => {
  const groups = made([spec("web", "10.0.0.0")]);
  let before = [spec("web", "10.0.0.0")];
  for (let i = 0; i < MOST_ABSENT + 2; i++) {
    groups.disable(0, 0);
    const next = [spec("web", `10.1.${i >> 8}.${i & 255}`)];
    groups.replace(before, next);
    before = next;
  }
  assert.equal(groups.absent.size, MOST_ABSENT);
});
