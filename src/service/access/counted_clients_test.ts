import assert from "node:assert/strict";
import { type NetworkRange, parseNetwork } from "../../access/network_words.ts";
import { parseHost } from "../../table/address.ts";
import { ClientLane } from "../../table/clients/client_lane.ts";
import { CountedClients } from "./counted_clients.ts";

/** Clients that have come so often, each of which may have two connections. */
function withClients(...clients: (readonly [host: string, times: number])[]) {
  const counted = new CountedClients({ prefix: 64, most: 100 }, 1);
  const lane = new ClientLane(counted.memory, 0, { connections: 2 });
  const come = (host: string) => lane.enter(parseHost(host).bytes, 0);
  for (const [host, times] of clients) for (let i = 0; i < times; i++) come(host);
  return { counted, come, lane };
}

const lines = (counted: CountedClients, count?: number) =>
  counted.list(count).map(({ address, connections, refused }) => `${address} ${connections} ${refused}`);

Deno.test("clients are listed by their connections, then by how often they were refused", () => {
  const { counted } = withClients(["10.0.0.1", 1], ["2001:db8::1", 5], ["10.0.0.2", 2], ["10.0.0.3", 9]);
  assert.deepEqual(lines(counted), ["10.0.0.3 2 7", "2001:db8::/64 2 3", "10.0.0.2 2 0", "10.0.0.1 1 0"]);
});

Deno.test("a short list has those with the most connections and those refused most often", () => {
  const { counted, come, lane } = withClients(["10.0.0.1", 2], ["10.0.0.2", 2], ["10.0.0.3", 1]);
  const handles = [come("10.0.0.4"), come("10.0.0.4")];
  for (let i = 0; i < 3; i++) come("10.0.0.4");
  for (const handle of handles) lane.leave(handle);
  const [first, second] = lines(counted, 2);
  assert.deepEqual([first, second].toSorted(), ["10.0.0.1 2 0", "10.0.0.2 2 0"]);
  assert.deepEqual(lines(counted, 2).slice(2), ["10.0.0.4 0 3"]);
  assert.equal(lines(counted, 0).length, 0);
});

for (
  const [network, expected] of [
    ["10.0.0.1", ["10.0.0.1"]],
    ["10.0.0.0/31", ["10.0.0.1"]],
    ["10.0.0.0/8", ["10.0.0.1", "10.0.0.2"]],
    ["2001:db8::77", ["2001:db8::/64"]],
    ["2001:db8::/32", ["2001:db8::/64"]],
    ["2001:db8:0:1::/64", []],
    ["::/0", ["2001:db8::/64"]],
    [undefined, ["10.0.0.1", "10.0.0.2", "2001:db8::/64"]],
  ] as const
) {
  Deno.test(`clients that have an address of ${network ?? "any network"} are forgiven, and no others`, () => {
    const { counted } = withClients(["10.0.0.1", 3], ["10.0.0.2", 3], ["2001:db8::1", 3]);
    const range = network === undefined ? undefined : parseNetwork(network) as NetworkRange;
    assert.equal(counted.forgive(range), expected.length);
    const forgiven = counted.list().filter(({ refused }) => refused === 0).map(({ address }) => address);
    assert.deepEqual(forgiven.toSorted(), expected);
    assert.ok(counted.list().every(({ connections }) => connections === 2));
  });
}

Deno.test("a service with many connections has room for more clients, and none needs more than a bound", () => {
  const bytes = (most: number) => new CountedClients({ prefix: 64, most }, 2).memory.byteLength;
  assert.ok(bytes(1) === bytes(512) && bytes(10_000) > 15 * bytes(512));
  assert.equal(bytes(1e9), bytes(1e6));
  assert.ok(bytes(1e9) < 40 << 20, `${bytes(1e9)} bytes`);
});
