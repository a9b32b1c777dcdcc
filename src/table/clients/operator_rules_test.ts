import assert from "node:assert/strict";
import { parseHost } from "../address.ts";
import { MOST_OPERATOR_RULES, NO_RULE, type OperatorRule, OperatorRules } from "./operator_rules.ts";

const bytes = (host: string) => parseHost(host).bytes;

function rule(slot: number, allows: boolean, first: string, last = first): OperatorRule {
  return { slot, allows, first: bytes(first), last: bytes(last) };
}

Deno.test("the first rule that has the client decides", () => {
  const rules = OperatorRules.create(2), thread = OperatorRules.attach(rules.buffers);
  assert.equal(thread.find(bytes("10.0.0.1")), NO_RULE);
  rules.publish([
    rule(7, true, "10.0.0.5"),
    rule(3, false, "10.0.0.0", "10.255.255.255"),
    rule(0, false, "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
  ]);
  const found = (host: string) => {
    const slot = thread.find(bytes(host));
    return slot === NO_RULE ? slot : [slot, thread.allows];
  };
  assert.deepEqual(found("10.0.0.5"), [7, true]);
  assert.deepEqual(found("10.0.0.4"), [3, false]);
  assert.deepEqual(found("10.255.255.255"), [3, false]);
  assert.deepEqual(found("2001:db8:8000::1"), [0, false]);
  for (const host of ["9.255.255.255", "11.0.0.0", "200.0.0.1", "2001:db9::", "::"]) assert.equal(found(host), NO_RULE);
  rules.publish([]);
  assert.equal(found("10.0.0.5"), NO_RULE);
});

Deno.test("an IPv6 rule has no IPv4 clients, and addresses are compared as unsigned numbers", () => {
  const rules = OperatorRules.create(1);
  rules.publish([rule(1, false, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]);
  assert.equal(rules.find(bytes("192.0.2.1")), NO_RULE);
  assert.equal(rules.find(bytes("fe80::1")), 1);
  rules.publish([rule(1, false, "127.255.255.255", "128.0.0.1")]);
  assert.equal(rules.find(bytes("128.0.0.0")), 1);
  assert.equal(rules.find(bytes("127.0.0.0")), NO_RULE);
});

Deno.test("as many rules as there may be are all found, and hits are counted by thread", () => {
  const rules = OperatorRules.create(3);
  const host = (i: number) => `10.1.${i >> 8}.${i & 255}`;
  rules.publish(Array.from({ length: MOST_OPERATOR_RULES }, (_, i) => rule(i, false, host(i))));
  for (let i = 0; i < MOST_OPERATOR_RULES; i++) assert.equal(rules.find(bytes(host(i))), i);
  rules.hit(0, 5);
  rules.hit(2, 5);
  rules.hit(2, MOST_OPERATOR_RULES - 1);
  assert.deepEqual([rules.hitsOf(5), rules.hitsOf(MOST_OPERATOR_RULES - 1), rules.hitsOf(6)], [2, 1, 0]);
});
