import assert from "node:assert/strict";
import { NetworksBuilder } from "../access/networks_builder.ts";
import { isNetworkFault, parseNetworks } from "../access/network_words.ts";
import type { Greeting } from "../preamble/greeting.ts";
import { parseHost } from "../table/address.ts";
import { type Condition, Conditions } from "./conditions.ts";
import type { Client } from "./strategy.ts";

function client(greeting?: Partial<Greeting>, more: Partial<Client> = {}): Client {
  const said: Greeting | undefined = greeting && { protocol: "tls", serverName: "", alpn: [], ...greeting };
  return { address: parseHost("192.0.2.1").bytes, port: 4711, localPort: 443, greeting: said, ...more };
}

function meets(condition: Condition, client: Client): boolean {
  return new Conditions(new Map([[1, condition]])).met(1, client);
}

function networks(text: string): Condition["from"] {
  const parts = parseNetworks(text), builder = new NetworksBuilder();
  assert.ok(!isNetworkFault(parts));
  for (const part of parts) {
    if (part.kind === "range") { for (const { first, last } of part.ranges) builder.add(first, last); }
  }
  return builder.build();
}

Deno.test("a server name is met exactly, and an asterisk stands for one label", () => {
  const sni = ["www.example.com", "*.api.example.com", "UPPER.example.com."];
  const names: readonly [string, boolean][] = [
    ["www.example.com", true],
    ["WWW.Example.COM", true],
    ["www.example.com.", true],
    ["example.com", false],
    ["xwww.example.com", false],
    ["www.example.com.evil.net", false],
    ["v1.api.example.com", true],
    ["v1.API.example.com.", true],
    ["api.example.com", false],
    [".api.example.com", false],
    ["a.b.api.example.com", false],
    ["v1api.example.com", false],
    ["upper.example.com", true],
    ["*.api.example.com", true],
    ["", false],
    [".", false],
  ];
  for (const [serverName, met] of names) assert.equal(meets({ sni }, client({ serverName })), met, serverName);
});

Deno.test("an address in place of a server name is none", () => {
  const sni = ["192.0.2.1", "*.0.2.1", "::1"];
  for (const serverName of ["192.0.2.1", "::1", "[::1]"]) {
    assert.ok(!meets({ sni }, client({ serverName })), serverName);
  }
  assert.ok(meets({ sni: ["*.0.2.com"] }, client({ serverName: "192.0.2.com" })));
});

Deno.test("one of the protocols that a client offers is enough, by their exact names", () => {
  const alpn = ["h2", "acme-tls/1"];
  const met = (...offered: string[]) => meets({ alpn }, client({ alpn: offered }));
  assert.deepEqual([met("http/1.1", "h2"), met("acme-tls/1"), met("H2"), met("h2c"), met()], [
    ...[true, true, false, false, false],
  ]);
});

Deno.test("a client comes from one of the networks, and to one of the ports", () => {
  const from = networks("10.0.0.0/8,2001:db8::/32"), port = [{ first: 80, last: 80 }, { first: 8000, last: 8009 }];
  const comesFrom = (host: string) => meets({ from }, client(undefined, { address: parseHost(host).bytes }));
  assert.deepEqual(["10.1.2.3", "::ffff:10.9.9.9", "11.0.0.0", "2001:db8::1", "::1"].map(comesFrom), [
    ...[true, true, false, true, false],
  ]);
  const comesTo = (localPort?: number) => meets({ port }, client(undefined, { localPort }));
  assert.deepEqual([80, 81, 7999, 8000, 8009, 8010, undefined].map(comesTo), [
    ...[true, false, false, true, true, false, false],
  ]);
});

Deno.test("the first bytes are of one of the protocols", () => {
  const met = (protocol: Greeting["protocol"]) => meets({ protocol: ["ssh", "none"] }, client({ protocol }));
  assert.deepEqual([met("ssh"), met("none"), met("tls"), met("http"), met("other")], [true, true, false, false, false]);
});

Deno.test("all conditions of a group must be met", () => {
  const all: Condition = {
    ...{ sni: ["a.example"], alpn: ["h2"], from: networks("192.0.2.0/24"), port: [{ first: 443, last: 443 }] },
    protocol: ["tls"],
  };
  const good = { serverName: "a.example", alpn: ["h2"] };
  assert.ok(meets(all, client(good)));
  assert.ok(meets({}, client()));
  const wrong: readonly Client[] = [
    client({ ...good, serverName: "b.example" }),
    client({ ...good, alpn: ["http/1.1"] }),
    client({ ...good, protocol: "other" }),
    client(good, { address: parseHost("192.0.3.1").bytes }),
    client(good, { localPort: 444 }),
  ];
  for (const each of wrong) assert.ok(!meets(all, each));
});

Deno.test("who has not been listened to meets no condition about what clients say, not even that they say nothing", () => {
  for (const condition of [{ sni: ["a.example"] }, { alpn: ["h2"] }, { protocol: ["none", "other"] }] as Condition[]) {
    assert.ok(!meets(condition, client()));
  }
});

Deno.test("a client must be listened to only if a condition that it may meet is about that", () => {
  const conditions = new Conditions(
    new Map<number, Condition>([
      [1, { sni: ["a.example"], from: networks("10.0.0.0/8") }],
      [2, { protocol: ["ssh"], port: [{ first: 22, last: 22 }] }],
      [3, { from: networks("0.0.0.0/0"), port: [{ first: 1, last: 65535 }] }],
    ]),
  );
  const inside = client(undefined, { address: parseHost("10.0.0.1").bytes }), outside = client();
  const needs = (each: Client) => [1, 2, 3, 4].map((number) => conditions.needsGreeting(number, each));
  assert.deepEqual(needs(inside), [true, false, false, false]);
  assert.deepEqual(needs(outside), [false, false, false, false]);
  assert.deepEqual(needs({ ...outside, localPort: 22 }), [false, true, false, false]);
});

Deno.test("conditions become others for all clients, and one that is not known is met by nobody", () => {
  const conditions = new Conditions(), tls = client({});
  assert.deepEqual([conditions.any, conditions.met(1, tls)], [false, false]);
  conditions.become(new Map<number, Condition>([[1, { protocol: ["tls"] }], [7, {}]]));
  assert.deepEqual([conditions.any, conditions.met(1, tls), conditions.met(7, tls), conditions.met(2, tls)], [
    ...[true, true, true, false],
  ]);
  conditions.become(new Map<number, Condition>([[1, { protocol: ["ssh"] }]]));
  assert.deepEqual([conditions.met(1, tls), conditions.met(7, tls)], [false, false]);
  conditions.become(undefined);
  assert.deepEqual([conditions.any, conditions.met(1, tls)], [false, false]);
});
