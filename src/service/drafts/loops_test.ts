import assert from "node:assert/strict";
import { Groups } from "../../groups/groups.ts";
import { Table } from "../../table/table.ts";
import { endlessLoops, leadsBack } from "./loops.ts";

const OWN = new Set(["10.1.2.3", "2001:db8::7", "fe80::7%3"]);

function leads(host: string, hostname: string, port = 80): boolean {
  return leadsBack({ host, port }, { hostname, port: 80 }, () => OWN);
}

Deno.test("an address leads back to a listener on it, but only on the same port", () => {
  for (const host of ["127.0.0.1", "10.1.2.3", "2001:db8::7", "fe80::7%3"]) {
    assert.ok(leads(host, host));
    assert.ok(!leads(host, host, 81));
  }
  assert.ok(!leads("127.0.0.2", "127.0.0.1"));
  assert.ok(!leads("10.1.2.3", "127.0.0.1"));
  assert.ok(!leads("127.0.0.1", "10.1.2.3"));
});

Deno.test("every address of this machine leads back to a listener on the wildcard", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "10.1.2.3"]) {
    assert.ok(leads(host, "0.0.0.0") && leads(host, "::"), host);
  }
  for (const host of ["::1", "2001:db8::7", "fe80::7%3"]) {
    assert.ok(leads(host, "::"), host);
    assert.ok(!leads(host, "0.0.0.0"), host);
  }
  for (const host of ["10.1.2.4", "2001:db8::8", "fe80::7%4", "fe80::7"]) {
    assert.ok(!leads(host, "0.0.0.0") && !leads(host, "::"), host);
  }
});

Deno.test("a connect to the wildcard goes to loopback", () => {
  assert.ok(leads("0.0.0.0", "127.0.0.1") && leads("0.0.0.0", "0.0.0.0") && leads("0.0.0.0", "::"));
  assert.ok(leads("::", "::1") && leads("::", "::") && !leads("::", "0.0.0.0"));
  assert.ok(!leads("0.0.0.0", "10.1.2.3"));
});

Deno.test("without the permission to read this machine's addresses, loopback is still recognised", () => {
  const at = { hostname: "0.0.0.0", port: 80 };
  assert.ok(leadsBack({ host: "127.0.0.1", port: 80 }, at));
});

Deno.test("a channel with the client's port leads back on any port", () => {
  assert.ok(leads("127.0.0.1", "0.0.0.0", 0));
  assert.ok(!leads("10.1.2.4", "0.0.0.0", 0));
});

Deno.test("this machine's addresses are looked up only where they decide", () => {
  const groups = new Groups(Table.create()), at = [{ hostname: "0.0.0.0", port: 80 }];
  let lookedUp = 0;
  const own = () => (lookedUp++, OWN);
  groups.add(0, { host: "a", address: { host: "10.9.9.9", port: 81 } });
  groups.add(0, { host: "b", address: { host: "127.0.0.1", port: 80 } });
  assert.deepEqual(endlessLoops(groups, at, own).map(({ channel }) => channel), [1]);
  assert.equal(lookedUp, 0);
});
