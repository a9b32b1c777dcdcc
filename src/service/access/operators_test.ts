import assert from "node:assert/strict";
import { isNetworkFault, parseNetwork } from "../../access/network_words.ts";
import { parseHost } from "../../table/address.ts";
import { MOST_OPERATOR_RULES, OperatorRules } from "../../table/clients/operator_rules.ts";
import { Operators } from "./operators.ts";

function range(word: string) {
  const found = parseNetwork(word);
  assert.ok(!isNetworkFault(found), word);
  return found;
}

function setUp() {
  const operators = new Operators(2), thread = OperatorRules.attach(operators.buffers);
  /** What becomes of a client, and a hit for the rule that says so. */
  const of = (host: string) => {
    const slot = thread.find(parseHost(host).bytes);
    if (slot < 0) return undefined;
    thread.hit(1, slot);
    return thread.allows ? "allow" : "deny";
  };
  return { operators, of };
}

const networks = (operators: Operators) =>
  operators.list().map(({ action, network, hits }) => `${action} ${network} ${hits}`);

Deno.test("the newest rule decides, and takes the place of one about the same network", () => {
  const { operators, of } = setUp();
  operators.add("deny", [range("10.0.0.0/8")]);
  assert.equal(of("10.0.0.5"), "deny");
  operators.add("allow", [range("10.0.0.5")]);
  assert.deepEqual([of("10.0.0.5"), of("10.0.0.6")], ["allow", "deny"]);
  assert.deepEqual(networks(operators), ["allow 10.0.0.5 1", "deny 10.0.0.0/8 2"]);
  operators.add("allow", [range("10.0.0.0-10.255.255.255")]);
  assert.deepEqual(networks(operators), ["allow 10.0.0.0/8 0", "allow 10.0.0.5 1"]);
  assert.equal(of("10.0.0.6"), "allow");
});

Deno.test("rules end with all that lie within a network, and their counts with them", () => {
  const { operators, of } = setUp();
  for (const word of ["10.0.0.1", "10.0.1.0/24", "11.0.0.0/8", "::/0", "0.0.0.0/0"]) {
    operators.add("deny", [range(word)]);
  }
  assert.equal(of("10.0.0.1"), "deny");
  assert.equal(operators.remove(range("10.0.0.2")), 0);
  assert.equal(operators.remove(range("10.0.0.0/8")), 2);
  assert.deepEqual(networks(operators), ["deny 0.0.0.0/0 1", "deny ::/0 0", "deny 11.0.0.0/8 0"]);
  assert.equal(operators.remove(), 3);
  assert.equal(of("10.0.0.1"), undefined);
  operators.add("deny", [range("10.0.0.1")]);
  assert.deepEqual(networks(operators), ["deny 10.0.0.1 0"]);
});

Deno.test("a rule ends when its time is over, and no other", async () => {
  const { operators, of } = setUp();
  operators.add("deny", [range("10.0.0.1")], 0);
  operators.add("deny", [range("10.0.0.2")], 1000);
  operators.add("deny", [range("10.0.0.3")], 3_000_000);
  const [third, second] = operators.list().map(({ left }) => left!);
  assert.ok(second > 990 && second <= 1000 && third > 2_999_990, `${second} ${third}`);
  while (of("10.0.0.1") !== undefined) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual([of("10.0.0.2"), of("10.0.0.3")], ["deny", "deny"]);
  assert.equal(operators.size, 2);
  operators.stop();
});

Deno.test("there are only so many rules, and those that end make room", () => {
  const { operators } = setUp();
  const host = (i: number) => range(`10.0.${i >> 8}.${i & 255}`);
  for (let i = 0; i < MOST_OPERATOR_RULES; i++) assert.ok(operators.add("deny", [host(i)]));
  assert.ok(!operators.add("deny", [range("192.0.2.1")]));
  assert.ok(!operators.add("allow", [host(3), range("192.0.2.1")]), "all of them or none");
  assert.equal(operators.list().filter(({ action }) => action === "allow").length, 0);
  assert.ok(operators.add("allow", [host(3)]), "in place of the one about the same network");
  assert.equal(operators.size, MOST_OPERATOR_RULES);
  assert.equal(operators.remove(range("10.0.0.0/24")), 256);
  assert.ok(operators.add("deny", [range("192.0.2.1")]));
});

Deno.test("a successor gets the rules in their order, with the time that they have left", () => {
  const { operators } = setUp(), after = setUp();
  operators.add("deny", [range("10.0.0.0/8")]);
  operators.add("allow", [range("10.0.0.5")], 500);
  after.operators.restore(JSON.parse(JSON.stringify(operators.list())));
  assert.deepEqual(networks(after.operators), ["allow 10.0.0.5 0", "deny 10.0.0.0/8 0"]);
  assert.ok(after.operators.list()[0].left! > 490);
  assert.deepEqual([after.of("10.0.0.5"), after.of("10.0.0.6")], ["allow", "deny"]);
  operators.stop();
  after.operators.stop();
  for (
    const state of [undefined, {}, [{ action: "drop", network: "10.0.0.1" }], [null], [{
      action: "deny",
      network: "x",
    }]]
  ) {
    assert.throws(() => setUp().operators.restore(state), TypeError);
  }
});
