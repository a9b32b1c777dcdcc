import assert from "node:assert/strict";
import { type Asker, lookUp, NoRecords } from "./dns_client.ts";
import { NoReply } from "./exchange.ts";

const SERVERS = ["10.0.0.1", "10.0.0.2"].map((host) => ({ host, port: 53 }));
const CONFIG = { servers: SERVERS, search: ["a.example", "b.example"], dots: 1 };

/** Servers that answer by name and type: addresses, a response code, or silence. */
function servers(answers: Readonly<Record<string, readonly string[] | number>>) {
  const asked: string[] = [];
  const ask: Asker = ({ host }, { name, type }) => {
    const key = `${name} ${type}`, answer = answers[`${host} ${key}`] ?? answers[key] ?? 3;
    asked.push(`${host} ${key}`);
    if (answer === -1) return Promise.reject(new NoReply("no answer"));
    const code = typeof answer === "number" ? answer : 0, addresses = typeof answer === "number" ? [] : answer;
    return Promise.resolve({ code, truncated: false, addresses, services: [], ttl: 5 });
  };
  return { asked, ask };
}

Deno.test("IPv6 addresses are asked for where there are none of IPv4, and not where there is no name", async () => {
  const { asked, ask } = servers({ "w.x A": [], "w.x AAAA": ["::1"] });
  assert.deepEqual((await lookUp("w.x", ["A", "AAAA"], CONFIG, ask)).addresses, ["::1"]);
  assert.deepEqual(asked, ["10.0.0.1 w.x A", "10.0.0.1 w.x AAAA"]);
  const none = servers({});
  await assert.rejects(lookUp("w.", ["A", "AAAA"], CONFIG, none.ask), /not known \(NXDOMAIN\)/);
  assert.deepEqual(none.asked, ["10.0.0.1 w A"]);
  await assert.rejects(lookUp("w.", ["A"], CONFIG, servers({ "w A": [] }).ask), /has no address/);
});

Deno.test("a server that says nothing or fails leaves the question to the next one, twice", async () => {
  for (const failure of [-1, 2, 5]) {
    const { asked, ask } = servers({ "10.0.0.1 w.x A": failure, "10.0.0.2 w.x A": ["10.1.1.1"] });
    assert.deepEqual((await lookUp("w.x", ["A"], CONFIG, ask)).addresses, ["10.1.1.1"]);
    assert.equal(asked.length, 2);
  }
  const { asked, ask } = servers({ "w.x A": -1 });
  await assert.rejects(lookUp("w.x", ["A"], CONFIG, ask), new NoReply("no answer"));
  assert.equal(asked.length, 4);
});

Deno.test("a name is looked for in further domains if it is not in one, but not if that cannot be found out", async () => {
  const { asked, ask } = servers({ "w.a.example A": 3, "w.b.example A": ["10.1.1.1"] });
  assert.deepEqual((await lookUp("w", ["A"], CONFIG, ask)).addresses, ["10.1.1.1"]);
  assert.deepEqual(asked, ["10.0.0.1 w.a.example A", "10.0.0.1 w.b.example A"]);
  const failing = servers({ "w.a.example A": 2, "w.b.example A": ["10.1.1.1"] });
  await assert.rejects(lookUp("w", ["A"], CONFIG, failing.ask), NoReply);
});

Deno.test("a name with other letters is asked for as DNS has it", async () => {
  const { asked, ask } = servers({ "xn--bcher-kva.example A": ["10.1.1.1"] });
  await lookUp("bücher.example", ["A"], CONFIG, ask);
  assert.deepEqual(asked, ["10.0.0.1 xn--bcher-kva.example A"]);
});

Deno.test("a service that is not offered has no records", async () => {
  const services = [{ priority: 0, weight: 0, port: 0, target: "" }];
  const ask: Asker = () => Promise.resolve({ code: 0, truncated: false, addresses: [], services, ttl: 5 });
  await assert.rejects(lookUp("_x._tcp.e", ["SRV"], CONFIG, ask), new NoRecords("the name has no SRV record"));
});

Deno.test("a place whose host cannot be a host's name is left out", async () => {
  const services = ["a.test", "a\\010b", "", "_a-1.test", "a..b"].map((target) => ({
    priority: 0,
    weight: 0,
    port: 80,
    target,
  }));
  const ask: Asker = () => Promise.resolve({ code: 0, truncated: false, addresses: [], services, ttl: 5 });
  const found = await lookUp("_x._tcp.e", ["SRV"], CONFIG, ask);
  assert.deepEqual(found.services.map(({ target }) => target), ["a.test", "_a-1.test"]);
});
