import assert from "node:assert/strict";
import { formatHost, parseHost } from "../table/address.ts";
import { ClientTable } from "../table/clients/client_table.ts";
import { OperatorRules } from "../table/clients/operator_rules.ts";
import { REFUSALS, Refusals } from "../table/clients/refusals.ts";
import { Tally } from "../table/clients/tally.ts";
import { Access, type AccessSettings, REFUSED } from "./access.ts";
import { isNetworkFault, parseRanges } from "./network_words.ts";
import { NetworksBuilder } from "./networks_builder.ts";
import type { Action, Rule } from "./rules.ts";

const bytes = (host: string) => parseHost(host).bytes;

function networks(...words: string[]) {
  const builder = new NetworksBuilder();
  for (const word of words) {
    const ranges = parseRanges(word);
    assert.ok(!isNetworkFault(ranges));
    for (const { first, last } of ranges) builder.add(first, last);
  }
  return builder.build();
}

function setUp(settings: Partial<AccessSettings>, rules?: readonly Rule[]) {
  const refusals = Refusals.create(2), hits = Tally.create(rules?.length ?? 0, 2), told: string[] = [];
  const list = rules && { rules, hits: hits.buffer };
  const all = { refusals: refusals.buffer, dryRun: false, reset: false, proxyTimeout: 5, list, ...settings };
  let time = 0;
  const access = new Access(all, 1, () => time, ({ reason, address, dryRun }) => {
    told.push(`${dryRun ? "dry " : ""}${reason} ${formatHost(address)}`);
  });
  const counts = () =>
    REFUSALS.flatMap((reason) => {
      const { refused, spared } = refusals.of(reason);
      return refused + spared === 0 ? [] : [`${reason} ${refused} ${spared}`];
    });
  return { access, counts, told, hits, later: (ms: number) => time += ms };
}

const rule = (action: Action, ...words: string[]): Rule => ({ action, networks: [networks(...words)] });

Deno.test("clients that the list denies are refused and counted, and its rules count what they decide", () => {
  const { access, counts, hits } = setUp({}, [rule("allow", "10.0.0.1"), rule("deny", "10.0.0.0/8")]);
  assert.ok(access.guards);
  assert.equal(access.enter(bytes("10.0.0.1")), 0);
  assert.equal(access.enter(bytes("10.0.0.2")), REFUSED);
  assert.equal(access.enter(bytes("10.9.0.2")), REFUSED);
  assert.equal(access.enter(bytes("192.0.2.1")), 0);
  assert.deepEqual(counts(), ["denied 2 0"]);
  assert.deepEqual([hits.total(0), hits.total(1)], [1, 2]);
});

Deno.test("a list that only allows refuses all others", () => {
  const { access, counts } = setUp({}, [rule("allow", "10.0.0.0/8"), rule("allow", "::1")]);
  assert.equal(access.enter(bytes("::1")), 0);
  assert.equal(access.enter(bytes("192.0.2.1")), REFUSED);
  assert.equal(access.objection, "denied");
  assert.deepEqual(counts(), ["denied 1 0"]);
});

Deno.test("what operators have said counts first", () => {
  const operators = OperatorRules.create(2), { first, last } = { first: bytes("10.0.0.0"), last: bytes("10.0.0.255") };
  operators.publish([
    { allows: true, first: bytes("192.0.2.1"), last: bytes("192.0.2.1"), slot: 0 },
    { allows: false, first, last, slot: 1 },
  ]);
  const { access, counts } = setUp({ operators: operators.buffers }, [rule("allow", "10.0.0.0/8")]);
  assert.equal(access.enter(bytes("192.0.2.1")), 0);
  assert.equal(access.enter(bytes("10.0.0.1")), REFUSED);
  assert.equal(access.enter(bytes("10.0.1.1")), 0);
  assert.deepEqual(counts(), ["operator 1 0"]);
  assert.deepEqual([operators.hitsOf(0), operators.hitsOf(1)], [1, 1]);
  operators.publish([]);
  assert.equal(access.enter(bytes("10.0.0.1")), 0);
});

Deno.test("peers are admitted, and headers required, by the address that connects", () => {
  const { access, counts } = setUp({
    peers: [networks("10.0.0.0/8")],
    proxies: [networks("::1"), networks("10.1.0.0/16")],
  });
  assert.ok(access.admitsPeer(bytes("10.0.0.1")));
  assert.ok(!access.admitsPeer(bytes("192.0.2.1")));
  assert.ok(access.expectsHeader(bytes("10.1.2.3")));
  assert.ok(access.expectsHeader(bytes("::1")));
  assert.ok(!access.expectsHeader(bytes("10.2.2.3")));
  assert.equal(access.enter(bytes("192.0.2.1")), 0);
  assert.deepEqual(counts(), ["peer 1 0"]);
});

Deno.test("in a dry run all come in, and are counted and reported as such", () => {
  const { access, counts, told } = setUp({ dryRun: true, peers: [networks("::1")], proxies: [networks("::1")] }, [
    rule("deny", "10.0.0.0/8"),
  ]);
  assert.ok(access.admitsPeer(bytes("10.0.0.1")));
  assert.equal(access.enter(bytes("10.0.0.1")), 0);
  assert.ok(access.expectsHeader(bytes("::1")));
  access.refused("proxy-header", bytes("::1"));
  assert.deepEqual(counts(), ["peer 0 1", "denied 0 1", "proxy-header 1 0"]);
  assert.deepEqual(told, ["dry peer 10.0.0.1", "dry denied 10.0.0.1", "proxy-header ::1"]);
});

Deno.test("each reason is reported once a second", () => {
  const { access, told, later, counts } = setUp({}, [rule("deny", "all")]);
  for (let i = 0; i < 300; i++) {
    access.enter(bytes(`10.0.0.${i & 255}`));
    later(10);
  }
  access.refused("no-route", bytes("10.0.0.7"));
  assert.deepEqual(told, ["denied 10.0.0.0", "denied 10.0.0.100", "denied 10.0.0.200", "no-route 10.0.0.7"]);
  assert.deepEqual(counts(), ["denied 300 0", "no-route 1 0"]);
});

Deno.test("without any rule nobody is guarded against", () => {
  const { access } = setUp({});
  assert.ok(!access.guards);
  assert.ok(access.admitsPeer(bytes("10.0.0.1")) && !access.expectsHeader(bytes("10.0.0.1")));
  assert.equal(access.enter(bytes("10.0.0.1")), 0);
});

Deno.test("a client that has reached a limit is refused, and its place is there again when a connection has ended", () => {
  const clients = { memory: ClientTable.create(8, 64, 2).buffer, connections: 1 };
  const { access, counts, told } = setUp({ clients });
  assert.ok(access.guards);
  const handle = access.enter(bytes("10.0.0.1"));
  assert.ok(handle > 0);
  assert.equal(access.enter(bytes("10.0.0.1")), REFUSED);
  assert.ok(access.enter(bytes("10.0.0.2")) > 0);
  access.leave(handle);
  assert.ok(access.enter(bytes("10.0.0.1")) > 0);
  assert.deepEqual([counts(), told], [["connections 1 0"], ["connections 10.0.0.1"]]);
});

Deno.test("a client that comes too fast is refused until it may connect again", () => {
  const clients = { memory: ClientTable.create(8, 64, 2).buffer, rate: { count: 2, seconds: 1 } };
  const { access, counts, later } = setUp({ clients });
  const comes = () => access.enter(bytes("10.0.0.1")) > 0;
  assert.deepEqual([comes(), comes(), comes()], [true, true, false]);
  later(500);
  assert.deepEqual([comes(), comes()], [true, false]);
  assert.deepEqual(counts(), ["rate 2 0"]);
});

Deno.test("a client whom the list refuses counts for no limit, whether or not it comes in all the same", () => {
  for (const dryRun of [false, true]) {
    const clients = { memory: ClientTable.create(8, 64, 2).buffer, connections: 1 };
    const { access, counts } = setUp({ clients, dryRun }, [rule("deny", "10.0.0.0/8")]);
    for (let i = 0; i < 2; i++) assert.equal(access.enter(bytes("10.0.0.1")), dryRun ? 0 : REFUSED);
    let known = 0;
    ClientTable.attach(clients.memory).forEach(() => known++);
    assert.equal(known, 0);
    assert.deepEqual(counts(), [dryRun ? "denied 0 2" : "denied 2 0"]);
  }
});

Deno.test("in a dry run a client that has reached a limit comes in all the same, and counts until it leaves", () => {
  const clients = { memory: ClientTable.create(8, 64, 2).buffer, connections: 1 };
  const { access, counts, told } = setUp({ clients, dryRun: true });
  const handles = [1, 2, 3].map(() => access.enter(bytes("10.0.0.1")));
  assert.ok(handles.every((handle) => handle > 0));
  assert.deepEqual([counts(), told], [["connections 0 2"], ["dry connections 10.0.0.1"]]);
  for (const handle of handles) access.leave(handle);
  assert.ok(access.enter(bytes("10.0.0.1")) > 0);
  assert.deepEqual(counts(), ["connections 0 2"]);
});

Deno.test("a client for whom the table has no place comes in", () => {
  const clients = { memory: ClientTable.create(8, 64, 2).buffer, connections: 1 };
  const { access } = setUp({ clients });
  for (let n = 1; n <= 8; n++) assert.ok(access.enter(bytes(`10.0.0.${n}`)) > 0);
  assert.equal(access.enter(bytes("10.0.0.9")), 0);
  access.leave(0);
});
