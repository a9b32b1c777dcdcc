import assert from "node:assert/strict";
import { assertShares, seededRandom } from "../../../tests/support/chance.ts";
import { parseHost } from "../../table/address.ts";
import { Table } from "../../table/table.ts";
import { Failover } from "../failover.ts";
import { Search } from "../search.ts";
import { strategies } from "../strategy.ts";
import { explain } from "./explain.ts";

const CLIENT = { address: parseHost("192.0.2.1").bytes, port: 1, localPort: 80 };
const OPTIONS = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };

/** A group of channels of these weights with so many connections each. */
function randomGroup(channels: readonly (readonly [weight: number, current: number])[]): Table {
  const table = Table.create();
  table.setStrategy(0, strategies.findIndex(({ name }) => name === "random"));
  channels.forEach(([weight, current], i) => {
    const id = table.addChannel(0, { host: "127.0.0.1", port: 1 + i })!;
    if (weight !== 1) table.setWeight(id, weight);
    for (let n = 0; n < current; n++) table.reserve(id, -1);
  });
  return table;
}

for (
  const channels of [
    [[1, 0], [1, 0], [1, 0]],
    [[1, 0], [3, 0]],
    [[1, 2], [2, 2], [5, 1], [3, 9]],
    Array.from({ length: 30 }, (_, i) => [1 + i % 4, i % 3]),
  ] as [number, number][][]
) {
  Deno.test(`the chances of ${channels.length} channels are what they get of many clients`, () => {
    const table = randomGroup(channels), { groups: [group], attempts } = explain(table, OPTIONS, CLIENT, 0);
    const chances = group.channels.map(({ chance }) => chance!);
    assert.ok(Math.abs(chances.reduce((a, b) => a + b) - 1) < 1e-9, `${chances}`);
    const failover = new Failover(table, { ...OPTIONS, random: seededRandom(3) }), counts = channels.map(() => 0);
    for (let i = 0; i < 20_000; i++) {
      const id = failover.next(new Search(), CLIENT);
      counts[id]++;
      table.release(id);
    }
    const likely = chances.map((chance, i) => [chance, counts[i]] as const).filter(([chance]) => chance > 0.001);
    assertShares(likely.map(([, count]) => count), likely.map(([chance]) => chance));
    chances.forEach((chance, i) => chance > 0 || assert.ok(counts[i] < 40, `channel ${i} has no chance: ${counts[i]}`));
    assert.deepEqual(attempts.map(({ channel }) => chances[channel]), chances.toSorted((a, b) => b - a));
  });
}

Deno.test("where nothing is left to chance, there are ranks instead", () => {
  const table = randomGroup([[1, 0], [1, 0], [1, 0]]);
  for (const [index, { name }] of strategies.entries()) {
    if (name === "random") continue;
    table.setStrategy(0, index);
    table.disable(1, 1);
    const { groups: [{ chance, channels }] } = explain(table, OPTIONS, CLIENT, 0);
    assert.deepEqual([chance, channels.map((channel) => channel.chance)], [false, [undefined, undefined, undefined]]);
    assert.deepEqual(channels.map(({ rank }) => rank!).sort(), [1, 2, 3], "also of one that is disabled");
  }
});
