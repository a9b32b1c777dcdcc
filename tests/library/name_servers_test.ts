/** One question to a name server that behaves well or badly. */
import assert from "node:assert/strict";
import { exchange } from "../../src/names/exchange.ts";
import { NameServers, SystemNames } from "../../src/names/name_source.ts";
import { type DnsAnswerer, DnsServer } from "../support/dns_server.ts";
import type { DnsRecord } from "../support/dns_message.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Milliseconds for a question. Long where an answer comes, short where none does. */
const LONG = 10_000, SHORT = 50;

const a = (...addresses: string[]): DnsRecord[] => addresses.map((address) => ({ type: "A", address, ttl: 5 }));

/** Asks a server that answers so. */
async function ask(answer: DnsAnswerer, patience = LONG) {
  await using server = await DnsServer.start(answer);
  const { port, asked } = server,
    reply = await exchange({ host: "127.0.0.1", port }, { name: "web.test", type: "A" }, patience);
  return { reply, transports: asked.map(({ transport }) => transport) };
}

Deno.test("an answer that fits comes over UDP", async () => {
  const { reply, transports } = await ask(() => ({ records: a("10.0.0.1", "10.0.0.2") }));
  assert.deepEqual([reply.addresses, reply.ttl, transports], [["10.0.0.1", "10.0.0.2"], 5, ["udp"]]);
});

Deno.test("a thousand addresses come over TCP", async () => {
  const all = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const { reply, transports } = await ask(() => ({ records: a(...all) }));
  assert.deepEqual([reply.addresses, transports], [all, ["udp", "tcp"]]);
});

Deno.test("a server that says nothing, with another id, or nonsense has not answered", async () => {
  const silence = { name: "NoReply", message: "no answer from the name server" };
  await assert.rejects(ask(() => undefined, SHORT), silence);
  await assert.rejects(ask(() => ({ wrongId: true, records: a("6.6.6.6") }), SHORT), silence);
  await assert.rejects(ask(() => ({ garbage: new Uint8Array([1, 2, 3]) }), SHORT), silence);
  await assert.rejects(ask(() => ({ garbage: new Uint8Array() }), SHORT), silence);
});

Deno.test("an answer behind a forged one counts", async () => {
  await using server = await DnsServer.start(() => ({ records: a("10.0.0.1") }));
  server.alsoSend = { wrongId: true, records: a("6.6.6.6") };
  const reply = await exchange({ host: "127.0.0.1", port: server.port }, { name: "web.test", type: "A" }, LONG);
  assert.deepEqual(reply.addresses, ["10.0.0.1"]);
});

Deno.test("a server that is silent, answers nonsense or closes over TCP has not answered", async () => {
  const many = { records: a(...Array(200).fill("10.0.0.1")) };
  const overTcp = (answer: ReturnType<DnsAnswerer>): DnsAnswerer => ({ transport }) =>
    transport === "udp" ? many : answer;
  await assert.rejects(ask(overTcp(undefined), SHORT), { message: "no answer from the name server" });
  const nonsense = { message: "the name server's answer makes no sense" };
  await assert.rejects(ask(overTcp({ wrongId: true })), nonsense);
  await assert.rejects(ask(overTcp({ garbage: new Uint8Array([0]) })), nonsense);
  await assert.rejects(ask(overTcp({ hangUp: true })), { message: "the name server closed the connection" });
});

Deno.test("an answer about another name, or too late, is none; one that drips over TCP ends with the time for it", async () => {
  const silence = { name: "NoReply", message: "no answer from the name server" };
  await assert.rejects(ask(() => ({ wrongName: "bank.test", records: a("6.6.6.6") }), SHORT), silence);
  await assert.rejects(ask(() => ({ delay: 2 * SHORT, records: a("10.0.0.1") }), SHORT), silence);
  const many = { drip: 5, records: a(...Array(100).fill("10.0.0.1")) };
  await assert.rejects(ask(() => many, SHORT), silence);
});

Deno.test("an answer of the largest size is read, or refused, quickly", async () => {
  const all = Array.from({ length: 2700 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  assert.deepEqual((await ask(() => ({ records: a(...all) }))).reply.addresses, all);
  const overTcp = (garbage: Uint8Array): DnsAnswerer => ({ transport }) =>
    transport === "udp" ? { records: a(...all) } : { garbage };
  for (const byte of [0, 1, 63, 0xc0, 255]) {
    await assert.rejects(ask(overTcp(new Uint8Array(65_535).fill(byte))), { message: /makes no sense/ });
  }
});

Deno.test("aliases that lead in a circle, or on without end, lead to no address", async () => {
  const alias = (from: number, to: number): DnsRecord => ({
    type: "CNAME",
    name: `a${from}.test`,
    target: `a${to}.test`,
  });
  const chain = (length: number, circle: boolean): DnsRecord[] => [
    { type: "CNAME", target: "a0.test" },
    ...Array.from({ length }, (_, i) => alias(i, circle && i + 1 === length ? 0 : i + 1)),
    { type: "A", name: `a${length}.test`, address: "10.0.0.1" },
  ];
  const addresses = async (records: DnsRecord[]) => (await ask(() => ({ records }))).reply.addresses;
  assert.deepEqual(await addresses(chain(15, false)), ["10.0.0.1"]);
  assert.deepEqual(await addresses(chain(16, false)), []);
  assert.deepEqual(await addresses(chain(5, true)), []);
  assert.deepEqual(await addresses(chain(1500, false)), []);
});

Deno.test("addresses of the other family are not those that were asked for", async () => {
  const records: DnsRecord[] = [{ type: "AAAA", address: "::6" }, ...a("10.0.0.1")];
  assert.deepEqual((await ask(() => ({ records }))).reply.addresses, ["10.0.0.1"]);
});

Deno.test("response codes are put into words", async () => {
  let code = 3;
  await using server = await DnsServer.start(() => ({ code }));
  const names = new NameServers([{ host: "127.0.0.1", port: server.port }]),
    web = { kind: "host", name: "web.test" } as const;
  await assert.rejects(names.ask(web), { message: "the name is not known (NXDOMAIN)" });
  for (
    const [number, words] of [[2, "has failed (SERVFAIL)"], [5, "refuses to answer (REFUSED)"], [
      9,
      "answers with code 9",
    ]]
  ) {
    code = number as number;
    await assert.rejects(names.ask(web), { name: "NoReply", message: `the name server ${words}` });
  }
  code = 0;
  await assert.rejects(names.ask(web), { message: "the name has no address" });
  await assert.rejects(names.ask({ kind: "service", name: "_x.test" }), { message: "the name has no SRV record" });
});

Deno.test("the file of hosts comes before name servers, a change in it counts at once, and its answers hold 30 seconds", async () => {
  using directory = temporaryDirectory();
  const hosts = `${directory.path}/hosts`, config = `${directory.path}/resolv.conf`;
  await Deno.writeTextFile(hosts, "10.0.0.2 web.test\n10.0.0.3 web.test\n::5 web.test\n::6 six.test\n");
  // A server that does not answer here, should it be asked.
  await Deno.writeTextFile(config, "nameserver 127.0.0.1\n");
  const names = new SystemNames(hosts, config);
  assert.ok(await names.changed());
  assert.ok(!await names.changed());
  const web = { kind: "host", name: "web.test" } as const;
  const from = { services: [], ttl: 30, source: "hosts" };
  assert.deepEqual(await names.ask(web), { addresses: ["10.0.0.2", "10.0.0.3"], ...from });
  assert.deepEqual(await names.ask({ ...web, family: 6 }), { addresses: ["::5"], ...from });
  assert.deepEqual(await names.ask({ kind: "host", name: "SIX.test" }), { addresses: ["::6"], ...from });
  await Deno.writeTextFile(`${hosts}.new`, "10.0.0.9 web.test\n");
  await Deno.rename(`${hosts}.new`, hosts);
  assert.ok(await names.changed());
  assert.deepEqual(await names.ask(web), { addresses: ["10.0.0.9"], ...from });
  // Written in place, with the same length.
  await Deno.writeTextFile(hosts, "10.0.0.8 web.test\n");
  await Deno.utime(hosts, 1, 1);
  assert.ok(await names.changed());
  assert.deepEqual(await names.ask(web), { addresses: ["10.0.0.8"], ...from });
  await Deno.remove(hosts);
  assert.ok(await names.changed());
  assert.ok(!await names.changed());
  await Deno.writeTextFile(hosts, "\0\x1b[31m garbage\n10.0.0.7\tweb.test # \xff\n" + "x".repeat(1_000_000));
  assert.deepEqual(await names.ask(web), { addresses: ["10.0.0.7"], ...from });
  assert.deepEqual((await names.ask({ kind: "host", name: "localhost" })).source, "system");
});
