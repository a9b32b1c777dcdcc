import assert from "node:assert/strict";
import { binary, binaryHeader, concat, SIGNATURE, textHeader, tlv } from "../../support/proxy_headers.ts";
import { Backend } from "../../support/backend.ts";
import { digestBackend, echoBackend, namedBackend } from "../../support/backends.ts";
import { askFrom } from "../../support/client_from.ts";
import { eventually } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { noIPv6 } from "../../support/requirements.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { connected, Crowd, echoed, lookedAt } from "../intake.ts";
import type { ContractTest } from "../suite.ts";

/** Seconds that do not pass while a test runs, and that pass soon. */
const LONG = 3600, BRIEF = 0.3;

/** Where all clients of these tests connect from. */
const PEER = "127.0.0.1";

const onlyLoopback = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";

/** A header's endpoint, different for each number. */
const named = (number: number, host = "203.0.113.7") => ({ host, port: 20_000 + number });

/** Headers of each form, which all name the client. */
const FORMS: Readonly<Record<string, (number: number) => Uint8Array>> = {
  "of version 1": (number) => textHeader(named(number)),
  "of version 1 with IPv6 addresses": (number) => textHeader(named(number, "2001:db8::7")),
  "of version 2": (number) => binaryHeader(named(number)),
  "of version 2 with IPv6 addresses and TLVs": (number) =>
    binaryHeader(named(number, "2001:db8::7"), concat(tlv(4, ""), tlv(2, "www.example.com"), tlv(0xea, "\x01vpce-1"))),
};

/** Headers that are none. */
const MALFORMED: Readonly<Record<string, Uint8Array>> = {
  "another protocol": concat("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
  "a line without an end": concat(`PROXY TCP4 ${"1".repeat(110)}`),
  "a port with a leading zero": concat("PROXY TCP4 192.0.2.1 192.0.2.2 0123 80\r\n"),
  "a line that ends with LF alone": concat("PROXY TCP4 192.0.2.1 192.0.2.2 123 80\n" + " ".repeat(80)),
  "an address of the other family": concat("PROXY TCP6 192.0.2.1 192.0.2.2 123 80\r\n"),
  "version 3": concat(SIGNATURE, Uint8Array.of(0x31, 0x11, 0, 12), new Uint8Array(12)),
  "an unknown command": binary(0x22, 0x11, new Uint8Array(12)),
  "addresses that are cut off": binary(0x21, 0x11, new Uint8Array(11)),
  "a TLV beyond the end": binaryHeader(named(0), Uint8Array.of(2, 0, 9, 65)),
  "a wrong checksum": binaryHeader(named(0), tlv(3, Uint8Array.of(1, 2, 3, 4))),
  "more than 4 KiB": binary(0x21, 0x11, new Uint8Array(5000)),
};

/** Clients for whom a proxy speaks. */
export function proxyHeaders(test: ContractTest): void {
  for (const [form, header] of Object.entries(FORMS)) {
    test(`a PROXY header ${form} may come in any two pieces, and is consumed to the byte`, async (start) => {
      await using backend = echoBackend();
      await using trial = await start({
        channels: [backend],
        asks: { acceptProxy: PEER, proxyTimeout: LONG },
        trace: true,
      });
      const { length } = header(0), cuts = Array.from({ length: length + 1 }, (_, cut) => cut);
      using crowd = await Crowd.come(trial, cuts.length);
      const { clients } = crowd;
      await Promise.all(cuts.map((cut) => clients[cut].send(header(cut).subarray(0, cut))));
      // Whoever comes after them is served after the engine has looked at what they have sent.
      assert.equal(await echoed(trial, concat(header(5000), "later"), 5), "later");
      await Promise.all(cuts.map((cut) => clients[cut].send(concat(header(cut).subarray(cut), `client ${cut}.`))));
      for (const cut of cuts) {
        const expected = `client ${cut}.`;
        assert.equal(await clients[cut].readExactText(expected.length), expected);
        await clients[cut].finish();
        assert.equal(await clients[cut].readText(), null);
      }
      await trial.idle();
      const host = form.includes("IPv6") ? "[2001:db8::7]" : "203.0.113.7";
      await eventually("all are reported", () => connected(trial).length === cuts.length + 1);
      assert.deepEqual(connected(trial).sort(), [...cuts, 5000].map((n) => `${host}:${20_000 + n}`).sort());
    });
  }

  test("a PROXY header may come a byte at a time", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    using crowd = await Crowd.come(trial, 1);
    const [client] = crowd.clients;
    for (const byte of FORMS["of version 2"](1)) {
      assert.equal(backend.accepted, 0);
      await client.send(Uint8Array.of(byte));
      await lookedAt(trial);
    }
    await client.send("hello");
    assert.equal(await client.readExactText(5), "hello");
  });

  test("bytes right behind a PROXY header arrive unchanged, few or many", async (start) => {
    await using backend = digestBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER } });
    const sizes = [1, 100, 4096, 3_000_000];
    for (const bytes of sizes) {
      for (const header of Object.values(FORMS)) {
        using client = await trial.connect();
        const upload = pattern(bytes);
        await client.send(concat(header(1), upload));
        await client.finish();
        assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(upload));
      }
    }
    await trial.idle();
    // The header is no part of what the client sent.
    const sent = BigInt(sizes.reduce((sum, size) => sum + size) * Object.keys(FORMS).length);
    await eventually("all is counted", () => trial.counters(0).sent === sent);
  });

  test("the longest PROXY header that is accepted may come in pieces, with a long upload behind it", async (start) => {
    await using backend = digestBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    const rest = 4096 - 16 - 12 - 3, header = binaryHeader(named(1), tlv(4, new Uint8Array(rest)));
    assert.equal(header.length, 4096);
    using crowd = await Crowd.come(trial, 1);
    const [client] = crowd.clients;
    for (let offset = 0; offset < 4000; offset += 1000) {
      await client.send(header.subarray(offset, offset + 1000));
      await lookedAt(trial);
    }
    const upload = pattern(1_000_000);
    await client.send(concat(header.subarray(4000), upload));
    await client.finish();
    assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(upload));
  });

  test("a trusted peer whose header is malformed is closed, whatever is wrong with it", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    for (const [what, header] of Object.entries(MALFORMED)) {
      using client = await trial.connect();
      await client.send(header);
      assert.equal((await client.readToEnd()).length, 0, what);
    }
    await trial.idle();
    assert.deepEqual([backend.accepted, trial.counters(0).total], [0, 0n]);
    await eventually("it is reported", () => trial.refusals().length > 0);
    assert.deepEqual(new Set(trial.refusals()), new Set([`proxy-header ${PEER}`]));
    assert.deepEqual(trial.refused(), { "proxy-header": Object.keys(MALFORMED).length });
  });

  test("trusted peers that send nothing, or part of a header, and no more are closed in time", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: BRIEF } });
    using crowd = await Crowd.come(trial, 3);
    const parts = [0, 1, 20];
    await Promise.all(parts.map((part, i) => crowd.clients[i].send(FORMS["of version 1"](1).subarray(0, part))));
    for (const client of crowd.clients) assert.equal((await client.readToEnd()).length, 0);
    await trial.idle();
    assert.equal(backend.accepted, 0);
    await eventually("it is reported", () => trial.refusals().length > 0);
    assert.deepEqual(new Set(trial.refusals()), new Set([`proxy-timeout ${PEER}`]));
    assert.deepEqual(trial.refused(), { "proxy-timeout": parts.length });
  });

  test("a trusted peer that ends within its header is closed; one that says nothing leaves in silence", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    for (let i = 0; i < 3; i++) {
      using silent = await trial.connect();
      await silent.finish();
      assert.equal((await silent.readToEnd()).length, 0);
      await trial.idle();
    }
    using half = await trial.connect();
    await half.send(FORMS["of version 2"](1).subarray(0, 20));
    await half.finish();
    assert.equal((await half.readToEnd()).length, 0);
    await trial.idle();
    assert.equal(backend.accepted, 0);
    await eventually("it is reported", () => trial.refusals().length > 0);
    assert.deepEqual([trial.refusals(), trial.refused()], [[`proxy-header ${PEER}`], { "proxy-header": 1 }]);
  });

  for (const part of [0, 20]) {
    test(`a trusted peer that resets after ${part} bytes of a header is gone`, async (start) => {
      await using backend = namedBackend("x");
      await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
      using client = await ResettingClient.connect(trial.port);
      await client.send(FORMS["of version 2"](1).subarray(0, part));
      await eventually("it is accepted", () => trial.engine.connections === 1);
      client.reset();
      await trial.idle();
      assert.deepEqual([backend.accepted, trial.eventTypes().includes("turned-away")], [0, false]);
    });
  }

  const unnamed: Readonly<Record<string, Uint8Array>> = {
    "of version 1 with UNKNOWN": concat("PROXY UNKNOWN\r\n"),
    "of version 1 with UNKNOWN and addresses": concat("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"),
    "LOCAL": binary(0x20, 0x00, new Uint8Array(0)),
    "LOCAL with addresses": binary(0x20, 0x11, new Uint8Array(12).fill(9)),
    "without a family": binary(0x21, 0x00, tlv(2, "www.example.com")),
    "of a unix socket": binary(0x21, 0x31, new Uint8Array(216).fill(65)),
  };
  test("a PROXY header that names nobody leaves the client who it is", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER }, trace: true });
    for (const [form, header] of Object.entries(unnamed)) {
      using client = await trial.connect();
      await client.send(concat(header, "hello"));
      assert.equal(await client.readExactText(5), "hello", form);
      await eventually("it is reported", () => connected(trial).includes(`${PEER}:${client.localPort}`));
    }
    assert.equal(connected(trial).length, Object.keys(unnamed).length);
  });

  test("the header of a peer that is not trusted is passed on like anything else that it says", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({ channels: [backend], asks: { acceptProxy: "192.0.2.0/24" }, trace: true });
    for (const header of Object.values(FORMS)) {
      using client = await trial.connect();
      await client.send(header(1));
      assert.deepEqual(await client.readExactly(header(1).length), header(1));
      await eventually("it is reported", () => connected(trial).includes(`${PEER}:${client.localPort}`));
    }
  });

  test("a peer that is not trusted is not waited for", async (start) => {
    await using backend = namedBackend("hello");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: "192.0.2.0/24", proxyTimeout: LONG } });
    using client = await trial.connect();
    assert.equal(await client.readText(), "hello");
  });

  test("a back end that speaks first is heard as soon as the header has come", async (start) => {
    await using backend = namedBackend("hello");
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER, proxyTimeout: LONG } });
    for (const header of Object.values(FORMS)) {
      using client = await trial.connect();
      await client.send(header(1));
      assert.equal(await client.readText(), "hello");
    }
  });

  test("of two peers, only the trusted one names its clients", async (start) => {
    await using backend = namedBackend("hello");
    await using trial = await start({
      channels: [backend],
      asks: { acceptProxy: "127.0.0.2", proxyTimeout: LONG },
      trace: true,
    });
    assert.equal(await askFrom("127.0.0.3", trial.port), "hello");
    using client = await ResettingClient.connect(trial.port, { from: "127.0.0.2" });
    await client.send(FORMS["of version 2"](1));
    assert.equal((await client.firstBytes()).length, 5);
    await eventually("both are reported", () => connected(trial).length === 2);
    assert.deepEqual(connected(trial).map((client) => client.replace(/:(?!20001).*/, "")), [
      "127.0.0.3",
      "203.0.113.7:20001",
    ]);
  }, onlyLoopback);

  test("the client that a header names is the one that the hash is made of", async (start) => {
    const backends = Array.from("abcdefgh", (name) => namedBackend(name));
    try {
      await using trial = await start({
        groups: [{ strategy: "hash", channels: backends }],
        asks: { acceptProxy: "127.0.0.1", proxyTimeout: LONG },
      });
      const heard = new Set<string>();
      for (let i = 2; i < 34; i++) {
        const host = `127.0.0.${i}`, direct = await askFrom(host, trial.port);
        using client = await trial.connect();
        await client.send(i % 2 === 0 ? textHeader({ host, port: i }) : binaryHeader({ host, port: i }));
        assert.equal(await client.readText(), direct, host);
        heard.add(direct);
      }
      assert.ok(heard.size > 1, "they spread");
    } finally {
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    }
  }, onlyLoopback);

  test("a header may come over IPv6, and name a client of the other family", async (start) => {
    await using backend = echoBackend();
    await using trial = await start({
      hostname: "::1",
      channels: [backend],
      asks: { acceptProxy: "::1" },
      trace: true,
    });
    for (const form of ["of version 1", "of version 2 with IPv6 addresses and TLVs"]) {
      using client = await trial.connect("::1");
      await client.send(concat(FORMS[form](1), "hello"));
      assert.equal(await client.readExactText(5), "hello");
    }
    await eventually("both are reported", () => connected(trial).length === 2);
    assert.deepEqual(connected(trial).sort(), ["203.0.113.7:20001", "[2001:db8::7]:20001"]);
  }, noIPv6);

  test("a client behind a proxy that ends early still gets everything, and its end is passed on", async (start) => {
    await using backend = new Backend(async (connection) => {
      const buffer = new Uint8Array(100);
      while (await connection.read(buffer) !== null);
      await connection.write(pattern(1000));
    });
    await using trial = await start({ channels: [backend], asks: { acceptProxy: PEER } });
    for (const header of Object.values(FORMS)) {
      using client = await trial.connect();
      await client.send(header(1));
      await client.finish();
      assert.deepEqual(await client.readToEnd(), { ...digestOf(pattern(1000)), end: "end-of-stream" });
    }
  });
}
