import assert from "node:assert/strict";
import { assertShares } from "../../../tests/support/chance.ts";
import { client, OneGroup } from "../../../tests/support/one_group.ts";
import { parseHost } from "../../table/address.ts";
import { DisabledBy } from "../../table/table.ts";

const CLIENTS = 5_000;

/** The port of every client's channel; the channels are given by port and weight. */
function ports(channels: readonly (readonly [port: number, weight?: number])[]): number[] {
  const group = new OneGroup("stable", channels.map(([port, weight]) => ({ port, weight })));
  return Array.from({ length: CLIENTS }, (_, i) => group.table.address(group.visit(client(i))).port);
}

const some = (size: number) => Array.from({ length: size }, (_, i) => [9000 + 7 * i, 1 + i % 3] as const);

for (const size of [2, 3, 10, 64]) {
  for (const weighted of [false, true]) {
    const channels = some(size).map(([port, weight]) => [port, weighted ? weight : 1] as const);
    const kind = `${size} channels of ${weighted ? "different" : "equal"} weights`;

    Deno.test(`stable: ${kind} get clients by their weights`, () => {
      const found = ports(channels), counts = channels.map(([port]) => found.filter((each) => each === port).length);
      assertShares(counts, channels.map(([, weight]) => weight));
    });

    Deno.test(`stable: of ${kind}, one leaves and only its clients move; it comes back and they do, too`, () => {
      const before = ports(channels), gone = channels[size >> 1][0];
      const after = ports(channels.filter(([port]) => port !== gone));
      const moved = before.filter((port, i) => port !== after[i]);
      assert.equal(moved.filter((port) => port !== gone).length, 0);
      assert.equal(moved.length, before.filter((port) => port === gone).length);
    });

    Deno.test(`stable: ${kind} in another order are the same to another balancer`, () => {
      assert.deepEqual(ports(channels.toReversed()), ports(channels));
      assert.deepEqual(ports(channels.toSorted(([a], [b]) => a % 11 - b % 11)), ports(channels));
    });
  }
}

Deno.test("stable: a channel whose weight grows gets clients from all others, and loses none", () => {
  const channels = some(10), before = ports(channels);
  const after = ports(channels.map(([port, weight], i) => [port, i === 4 ? weight * 2 : weight]));
  const moved = before.filter((port, i) => port !== after[i]);
  assert.ok(moved.length > 0 && !moved.includes(channels[4][0]));
  assert.ok(before.every((port, i) => port === after[i] || after[i] === channels[4][0]));
  assert.equal(new Set(moved).size, 9);
});

Deno.test("stable: a disabled, full or dead channel's clients go to their next best, which is who gets them if it leaves", () => {
  const channels = some(8), all = new OneGroup("stable", channels.map(([port, weight]) => ({ port, weight })));
  const orders = Array.from({ length: 500 }, (_, i) => all.order(client(i)));
  assert.ok(orders.every((order) => new Set(order).size === 8));
  all.table.disable(3, DisabledBy.OPERATOR);
  all.table.setMaxc(5, 1);
  all.table.reserve(5);
  const left = new OneGroup("stable", channels.map(([port, weight]) => ({ port, weight })));
  left.table.rearrange(0, [0, 1, 2, 4, 6, 7]);
  for (const [i, order] of orders.entries()) {
    const best = order.find((id) => id !== 3 && id !== 5)!;
    assert.equal(all.visit(client(i)), best);
    assert.equal(left.visit(client(i)), best);
  }
});

Deno.test("stable: a client goes to the next group once no channel of its own can be had", () => {
  const group = new OneGroup("stable", 4), own = group.visit();
  const reserve = group.table.addChannel(1, { host: "127.0.0.1", port: 1 })!, order = group.order();
  assert.equal(order[0], own);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3, reserve].sort());
  assert.equal(order.at(-1), reserve);
  for (const id of [0, 1, 2, 3]) group.table.disable(id, DisabledBy.DOWN);
  assert.equal(group.visit(), reserve);
});

Deno.test("stable: an IPv6 client is its /64, an IPv4 client its address in either notation", () => {
  const group = new OneGroup("stable", 64), of = (host: string) => group.visit(parseHost(host).bytes);
  const own = of("2001:db8:1:2::1");
  for (const host of ["2001:db8:1:2::2", "2001:db8:1:2:ffff:1:2:3"]) assert.equal(of(host), own);
  const networks = new Set(Array.from({ length: 100 }, (_, i) => of(`2001:db8:1:${i.toString(16)}::1`)));
  assert.ok(networks.size > 40);
  assert.equal(of("::ffff:192.0.2.7"), of("192.0.2.7"));
  assert.ok(new Set(Array.from({ length: 100 }, (_, i) => of(`192.0.2.${i}`))).size > 40);
});

Deno.test("stable: who gets whom never changes, since balancers of all versions must agree", () => {
  const group = new OneGroup("stable", some(10).map(([port, weight]) => ({ port, weight })));
  assert.deepEqual(Array.from({ length: 12 }, (_, i) => group.visit(client(i))), [0, 7, 5, 8, 6, 8, 2, 2, 0, 6, 7, 2]);
});
