import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { isNetworkFault, parseRanges } from "./network_words.ts";
import { NetworksBuilder } from "./networks_builder.ts";
import { type Action, firstMatch, otherwise, type Rule } from "./rules.ts";

function rule(action: Action, ...words: string[]): Rule {
  const networks = words.map((word) => {
    const builder = new NetworksBuilder(), ranges = parseRanges(word);
    assert.ok(!isNetworkFault(ranges));
    for (const { first, last } of ranges) builder.add(first, last);
    return builder.build();
  });
  return { action, networks };
}

const matched = (rules: readonly Rule[], host: string) => firstMatch(rules, parseHost(host).bytes);

Deno.test("the first rule that is about a client counts", () => {
  const rules = [rule("allow", "10.0.0.1"), rule("deny", "10.0.0.0/8", "2001:db8::/32"), rule("allow", "all")];
  assert.equal(matched(rules, "10.0.0.1"), 0);
  assert.equal(matched(rules, "10.0.0.2"), 1);
  assert.equal(matched(rules, "2001:db8::1"), 1);
  assert.equal(matched(rules, "192.0.2.1"), 2);
  assert.equal(matched(rules, "::1"), 2);
  assert.equal(matched(rules.slice(0, 2), "192.0.2.1"), -1);
});

Deno.test("a list that only says whom to allow denies all others", () => {
  assert.equal(otherwise([]), "allow");
  assert.equal(otherwise([rule("deny", "10.0.0.0/8")]), "allow");
  assert.equal(otherwise([rule("allow", "10.0.0.0/8")]), "deny");
  assert.equal(otherwise([rule("allow", "10.0.0.1"), rule("deny", "10.0.0.0/8")]), "allow");
});
