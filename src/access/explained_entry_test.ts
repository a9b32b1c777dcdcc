import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { ClientLane } from "../table/clients/client_lane.ts";
import { ClientTable } from "../table/clients/client_table.ts";
import { MOST_OPERATOR_RULES, OperatorRules } from "../table/clients/operator_rules.ts";
import { Refusals } from "../table/clients/refusals.ts";
import { Tally } from "../table/clients/tally.ts";
import { Access, type AccessSettings, REFUSED } from "./access.ts";
import { explainedEntry } from "./explained_entry.ts";
import { type NetworkRange, parseNetwork } from "./network_words.ts";
import { NetworksBuilder } from "./networks_builder.ts";
import type { Action } from "./rules.ts";

const NETWORKS = ["192.0.2.0/24", "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"] as const;
const HOSTS = ["192.0.2.1", "192.0.2.2", "10.1.2.3", "2001:db8::1", "2001:db8::2", "198.51.100.1"] as const;

const networkWord = fc.constantFrom(...NETWORKS);
const rules = fc.array(fc.record({ action: fc.constantFrom<Action>("allow", "deny"), network: networkWord }), {
  maxLength: 3,
});
const setups = fc.record({
  rules,
  operators: rules,
  peers: fc.option(networkWord),
  proxies: fc.option(networkWord),
  connections: fc.option(fc.integer({ min: 1, max: 3 })),
  rate: fc.option(fc.integer({ min: 1, max: 3 })),
  dryRun: fc.boolean(),
  /** Who has come before, after how many seconds each. */
  before: fc.array(fc.record({ host: fc.nat(HOSTS.length - 1), pause: fc.nat(20) }), { maxLength: 12 }),
  host: fc.nat(HOSTS.length - 1),
});

function rangeOf(word: string): NetworkRange {
  return parseNetwork(word) as NetworkRange;
}

function networksOf(word: string) {
  const builder = new NetworksBuilder(), { first, last } = rangeOf(word);
  builder.add(first, last);
  return builder.build();
}

Deno.test("what is explained is what then happens to the client at the door, and explaining counts nobody", () => {
  fc.assert(
    fc.property(setups, ({ rules, operators, peers, proxies, connections, rate, dryRun, before, host }) => {
      const made = OperatorRules.create(2), lanes = 2;
      made.publish(operators.map(({ action, network }, slot) => {
        return { allows: action === "allow", slot: slot * 7, ...rangeOf(network) };
      }));
      const limits = {
        connections: connections ?? undefined,
        rate: rate === null ? undefined : { count: rate, seconds: 10 },
      };
      const limited = connections !== null || rate !== null, memory = ClientTable.create(64, 64, lanes).buffer;
      const settings: AccessSettings = {
        list: rules.length === 0 ? undefined : {
          rules: rules.map(({ action, network }) => ({ action, networks: [networksOf(network)] })),
          hits: Tally.create(rules.length, lanes).buffer,
        },
        operators: operators.length === 0 ? undefined : made.buffers,
        peers: peers === null ? undefined : [networksOf(peers)],
        proxies: proxies === null ? undefined : [networksOf(proxies)],
        clients: limited ? { ...limits, memory } : undefined,
        refusals: Refusals.create(lanes).buffer,
        dryRun,
        reset: false,
        proxyTimeout: 3,
      };
      let now = 1000;
      const reasons: string[] = [];
      const access = new Access(settings, 1, () => now, ({ reason }) => reasons.push(reason));
      const bytes = HOSTS.map((host) => rangeOf(host).first), address = bytes[host];
      for (const { host, pause } of before) {
        now += pause * 1000;
        access.enter(bytes[host]);
      }
      const shared = [settings.list?.hits, made.buffer, made.buffers.hits, memory, settings.refusals].flatMap(
        (buffer) => buffer ?? [],
      );
      const copies = shared.map((buffer) => new Int32Array(buffer).slice());
      const told = explainedEntry(settings, address, now);
      shared.forEach((buffer, i) => assert.deepEqual(new Int32Array(buffer), copies[i]));
      const counted = new ClientLane(memory, 0, limits).connectionsOf(address);
      assert.equal(told.connections, limited ? counted : undefined);
      const own: string[] = [], door = new Access(settings, 0, () => now, ({ reason }) => own.push(reason));
      const admitted = door.admitsPeer(address) && door.enter(address) !== REFUSED;
      assert.deepEqual(told.refusals, own);
      assert.equal(told.refusals.length === 0 || told.dryRun, admitted);
      assert.equal(told.expectsHeader, door.expectsHeader(address));
      const hits = new Float64Array(made.buffers.hits), asked = shared.indexOf(made.buffers.hits);
      const earlier = new Float64Array(copies[asked].buffer);
      const slot = hits.findIndex((count, i) => count > earlier[i]) % MOST_OPERATOR_RULES;
      assert.equal(told.operator ?? -1, slot);
    }),
    parameters(500),
  );
});
