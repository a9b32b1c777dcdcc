import assert from "node:assert/strict";
import { digestBackend, echoBackend, namedBackend } from "../../support/backends.ts";
import { Backend } from "../../support/backend.ts";
import type { Client } from "../../support/client.ts";
import { browserHello, clientHello, helloMessage, type HelloParts, records } from "../../support/client_hello.ts";
import { eventually } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { concat, textHeader } from "../../support/proxy_headers.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { readDigest, writeAll } from "../../support/streams.ts";
import { conditionsOf, connected, Crowd, type GroupCondition, lookedAt } from "../intake.ts";
import type { ContractTest, StartTrial } from "../suite.ts";
import type { GroupSetup, Trial, TrialSetup } from "../trial.ts";

/** Seconds that do not pass while a test runs, and that pass soon. */
const LONG = 3600, BRIEF = 0.3;

/** What a TLS client is told whose name nobody takes (RFC 6066, 3). */
const UNRECOGNIZED_NAME = [0x15, 3, 3, 0, 2, 2, 112];

const SSH = "SSH-2.0-OpenSSH_9.2p1\r\n", HTTP = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

/** Clients whose first bytes decide where they belong. */
export function greetings(test: ContractTest): void {
  const www = { serverName: "www.example.com" };
  const hellos: readonly [Uint8Array, string][] = [
    [clientHello(www), "www"],
    [clientHello({ serverName: "WWW.Example.COM." }), "www"],
    [clientHello({ serverName: "a.api.example.com", alpn: ["h2", "http/1.1"] }), "api"],
    [clientHello({ serverName: "a.api.example.com", alpn: ["http/1.1"] }), "other"],
    [clientHello({ serverName: "a.b.api.example.com", alpn: ["h2"] }), "other"],
    [clientHello({ serverName: "example.org" }), "other"],
    [clientHello(), "other"],
    [browserHello("www.example.com"), "www"],
    [inRecords({ ...www, padding: 12_000 }, 500), "www"],
    [inRecords(www, 1), "www"],
  ];
  test("clients go where the name and the protocols in their ClientHello belong, with every byte", async (start) => {
    await using routes = await begin(start, ["www", "api", "other"], [
      { sni: ["www.example.com"] },
      { sni: ["*.api.example.com"], alpn: ["h2"] },
      undefined,
    ]);
    for (const [number, [hello, group]] of hellos.entries()) {
      assert.equal(await routes.told(hello), group, `hello ${number}`);
    }
    await routes.trial.idle();
  });

  test("a ClientHello may come in any two pieces", async (start) => {
    await using routes = await begin(start, ["www", "other"], [{ sni: ["www.example.com"] }, undefined]);
    const hello = clientHello({ serverName: "www.example.com" });
    const cuts = Array.from({ length: hello.length + 1 }, (_, cut) => cut);
    using crowd = await Crowd.come(routes.trial, cuts.length);
    const { clients } = crowd;
    await Promise.all(cuts.map((cut) => clients[cut].send(hello.subarray(0, cut))));
    assert.equal(await routes.told(hello), "www");
    await Promise.all(cuts.map((cut) => clients[cut].send(hello.subarray(cut))));
    for (const client of clients) assert.equal(await routes.heard(client, hello), "www");
  });

  test("a ClientHello may come a byte at a time", async (start) => {
    await using routes = await begin(start, ["www", "other"], [{ sni: ["www.example.com"] }, undefined]);
    const hello = inRecords({ serverName: "www.example.com" }, 60);
    using client = await routes.connect();
    for (const byte of hello) {
      await client.send(Uint8Array.of(byte));
      await lookedAt(routes.trial);
    }
    assert.equal(await routes.heard(client, hello), "www");
  });

  const protocols: Readonly<Record<string, [Uint8Array, string]>> = {
    TLS: [clientHello({ serverName: "a.example" }), "tls"],
    SSH: [concat(SSH), "ssh"],
    HTTP: [concat(HTTP), "http"],
    "anything else": [concat("EHLO example.com\r\n"), "other"],
    "a TLS record that is no ClientHello": [Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0), "other"],
  };
  test("clients go where their protocol belongs", async (start) => {
    await using routes = await begin(start, ["tls", "ssh", "http", "other"], [
      { protocol: ["tls"] },
      { protocol: ["ssh"] },
      { protocol: ["http"] },
      undefined,
    ]);
    for (const [what, [said, group]] of Object.entries(protocols)) assert.equal(await routes.told(said), group, what);
  });

  test("a client that says nothing goes, after a while, where the server speaks first", async (start) => {
    await using ssh = namedBackend("ssh");
    await using smtp = namedBackend("smtp");
    await using tls = namedBackend("tls");
    await using trial = await start({
      groups: conditional([ssh, smtp, tls], [{ protocol: ["ssh"] }, { protocol: ["none"] }, { protocol: ["tls"] }]),
      preambleTimeout: BRIEF,
    });
    using client = await trial.connect();
    assert.equal(await client.readText(), "smtp");
    await client.send("EHLO example.com");
    await eventually("its bytes follow", () => trial.counters(trial.channel(1)).sent === 16n);
  });

  test("a client that only begins something goes, after a while, where everybody may", async (start) => {
    await using routes = await begin(start, ["tls", "ssh", "other"], [
      { protocol: ["tls"] },
      { protocol: ["ssh"] },
      undefined,
    ], {
      preambleTimeout: BRIEF,
    });
    using begun = await routes.connect();
    await begun.send("SS");
    await eventually("it has been served", () => routes.trial.table.current(routes.trial.channel(2)) === 1);
    await begun.send("H-2.0");
    assert.equal(await routes.heard(begun, concat("SSH-2.0")), "other");
    // That it speaks TLS is clear before its hello is whole.
    using half = await routes.connect();
    const hello = clientHello({ serverName: "a.example" });
    await half.send(hello.subarray(0, 50));
    await eventually("it has been served", () => routes.trial.table.current(routes.trial.channel(0)) === 1);
    await half.send(hello.subarray(50));
    assert.equal(await routes.heard(half, hello), "tls");
  });

  test("a client that ends is not waited for: what it has said counts", async (start) => {
    await using routes = await begin(start, ["ssh", "none", "other"], [
      { protocol: ["ssh"] },
      { protocol: ["none"] },
      undefined,
    ], {
      preambleTimeout: LONG,
    });
    for (const [said, group] of [["", "none"], ["SS", "other"], ["SSH-", "ssh"]]) {
      using client = await routes.connect();
      await client.send(said);
      await client.finish();
      assert.equal(await client.readAllText(), `${group}: ${digestOf(concat(said)).sha256}`);
    }
  });

  test("whoever needs not be listened to is served at once", async (start) => {
    await using near = namedBackend("near");
    await using far = namedBackend("far");
    await using trial = await start({
      groups: conditional([far, near], [{ from: "192.0.2.0/24" }, { from: "127.0.0.0/8" }]),
      preambleTimeout: LONG,
    });
    using client = await trial.connect();
    assert.equal(await client.readText(), "near");
  });

  test("a client is listened to only if a group that is for its address depends on that", async (start) => {
    await using near = namedBackend("near");
    await using far = namedBackend("far");
    await using trial = await start({
      groups: conditional([far, near], [{ from: "192.0.2.0/24", protocol: ["tls"] }, undefined]),
      preambleTimeout: LONG,
    });
    using client = await trial.connect();
    assert.equal(await client.readText(), "near");
  });

  test("clients go where the port belongs that they came to", async (start) => {
    await using one = namedBackend("this port");
    await using other = namedBackend("another");
    await using probe = namedBackend("");
    const conditions = (port: number) => [{ port: [{ first: port, last: port }] }, undefined];
    await using trial = await start({
      groups: conditional([one, other], conditions(probe.port)),
      preambleTimeout: LONG,
    });
    using client = await trial.connect();
    assert.equal(await client.readText(), "another");
    await trial.change({ conditions: conditionsOf(conditions(trial.port)) });
    using next = await trial.connect();
    assert.equal(await next.readText(), "this port");
  });

  test("a TLS client whose name no group takes is told so; others are closed without a word", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      groups: conditional([backend], [{ sni: ["www.example.com"] }]),
      preambleTimeout: BRIEF,
    });
    const cases: readonly [string, Uint8Array, readonly number[]][] = [
      ["another name", clientHello({ serverName: "example.org" }), UNRECOGNIZED_NAME],
      ["no name", clientHello(), UNRECOGNIZED_NAME],
      [
        "a name and early data",
        concat(clientHello({ serverName: "example.org" }), pattern(100_000)),
        UNRECOGNIZED_NAME,
      ],
      ["HTTP", concat(HTTP), []],
      ["nothing", concat(), []],
    ];
    for (const [what, said, answer] of cases) {
      using client = await trial.connect();
      await client.send(said);
      const heard: number[] = [];
      const { end } = await client.readToEnd((bytes) => heard.push(...bytes));
      assert.deepEqual([heard, end], [answer, "end-of-stream"], what);
    }
    await trial.idle();
    assert.deepEqual([backend.accepted, trial.refused()], [0, { "no-route": cases.length }]);
  });

  test("a client that has been told so, and goes on sending, is not read from for long", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ groups: conditional([backend], [{ sni: ["www.example.com"] }]) });
    using client = await trial.connect();
    await client.send(clientHello({ serverName: "example.org" }));
    const more = pattern(1024 * 1024);
    let sent = 0;
    await assert.rejects(async () => {
      for (; sent < 64; sent++) await client.send(more);
    });
    await trial.idle();
  });

  test("bytes right behind a ClientHello arrive unchanged, few or many", async (start) => {
    await using backend = digestBackend();
    await using other = namedBackend("other");
    await using trial = await start({
      groups: conditional([backend, other], [{ sni: ["www.example.com"] }, undefined]),
    });
    for (const bytes of [1, 5000, 3_000_000]) {
      for (const padding of [0, 1700, 11_000]) {
        const sent = concat(clientHello({ serverName: "www.example.com", padding }), pattern(bytes));
        using client = await trial.connect();
        await client.send(sent);
        await client.finish();
        assert.deepEqual(JSON.parse(await client.readAllText()), digestOf(sent));
      }
    }
  });

  test("a first record that goes on for longer than is looked at counts as TLS without a name", async (start) => {
    await using routes = await begin(start, ["www", "tls"], [{ sni: ["www.example.com"] }, { protocol: ["tls"] }]);
    assert.equal(await routes.told(inRecords({ serverName: "www.example.com", padding: 40_000 }, 16_000)), "tls");
  });

  test("a ClientHello may follow a PROXY header, in the same piece or later", async (start) => {
    await using routes = await begin(start, ["www", "other"], [{ sni: ["www.example.com"] }, undefined], {
      asks: { acceptProxy: "127.0.0.1", proxyTimeout: LONG },
      preambleTimeout: LONG,
      trace: true,
    });
    const header = textHeader({ host: "203.0.113.7", port: 7 }), hello = clientHello({ serverName: "www.example.com" });
    for (const cut of [0, 10, header.length, header.length + 30]) {
      const all = concat(header, hello);
      using client = await routes.connect();
      await client.send(all.subarray(0, cut));
      await lookedAt(routes.trial);
      await client.send(all.subarray(cut));
      assert.equal(await routes.heard(client, hello), "www", `${cut} bytes first`);
      client[Symbol.dispose]();
      await routes.trial.idle();
    }
    await eventually("they are reported", () => connected(routes.trial).length === 4);
    assert.deepEqual(new Set(connected(routes.trial)), new Set(["203.0.113.7:7"]));
  });

  test("the client that a PROXY header names meets conditions, not the proxy", async (start) => {
    await using proxied = echoBackend();
    await using direct = namedBackend("direct");
    await using trial = await start({
      groups: conditional([direct, proxied], [{ from: "127.0.0.0/8" }, { from: "203.0.113.0/24" }]),
      asks: { acceptProxy: "127.0.0.1" },
    });
    using client = await trial.connect();
    await client.send(concat(textHeader({ host: "203.0.113.7", port: 7 }), "hello"));
    assert.equal(await client.readExactText(5), "hello");
  });

  test("a group that others do not belong to is no way out when their own is down", async (start) => {
    await using other = namedBackend("x");
    await using gone = namedBackend("gone");
    await gone.stopAccepting();
    await using trial = await start({
      groups: conditional([gone, other], [{ protocol: ["ssh"] }, { protocol: ["tls"] }]),
      preambleTimeout: LONG,
    });
    using client = await trial.connect();
    await client.send(SSH);
    assert.equal((await client.readToEnd()).length, 0);
    await trial.idle();
    assert.deepEqual([other.accepted, trial.refused()], [0, {}]);
    assert.ok(trial.eventTypes().includes("turned-away"));
  });

  test("a client that resets while it is listened to is gone", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      groups: conditional([backend, backend], [{ protocol: ["ssh"] }, undefined]),
      preambleTimeout: LONG,
    });
    for (const said of ["", "SS"]) {
      using client = await ResettingClient.connect(trial.port);
      await client.send(concat(said));
      await eventually("it is accepted", () => trial.engine.connections === 1);
      client.reset();
      await trial.idle();
    }
    assert.deepEqual([backend.accepted, trial.eventTypes()], [0, []]);
  });

  test("with abortOnClose, a client that has ended before it has said enough is not served", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      groups: conditional([backend, backend], [{ protocol: ["ssh"] }, undefined]),
      preambleTimeout: LONG,
      abortOnClose: true,
    });
    using client = await trial.connect();
    await client.send("SS");
    await client.finish();
    assert.equal((await client.readToEnd()).length, 0);
    await trial.idle();
    assert.deepEqual([backend.accepted, trial.eventTypes()], [0, []]);
  });
}

/** A ClientHello of which each TLS record has so many bytes. */
function inRecords(parts: HelloParts, bytes: number): Uint8Array {
  const message = helloMessage(parts);
  return records(message, Array<number>(Math.floor(message.length / bytes)).fill(bytes));
}

/** Groups with a channel each, and their conditions. */
function conditional(backends: readonly Backend[], conditions: readonly (GroupCondition | undefined)[]): GroupSetup[] {
  return backends.map((backend, i) => ({ channels: [backend], condition: conditions[i] }));
}

/** Groups of one back end each, which tells at the end which it is and what it got. */
async function begin(
  start: StartTrial,
  names: readonly string[],
  conditions: readonly (GroupCondition | undefined)[],
  setup: TrialSetup = {},
): Promise<Routes> {
  const backends = names.map((name) =>
    new Backend(async (connection) => {
      const { sha256 } = await readDigest(connection);
      await writeAll(connection, concat(`${name}: ${sha256}`));
    })
  );
  const trial = await start({ groups: conditional(backends, conditions), preambleTimeout: LONG, ...setup });
  return new Routes(trial, backends);
}

class Routes implements AsyncDisposable {
  readonly trial: Trial;
  readonly #backends: readonly Backend[];

  constructor(trial: Trial, backends: readonly Backend[]) {
    this.trial = trial;
    this.#backends = backends;
  }

  connect(): Promise<Client> {
    return this.trial.connect();
  }

  /** Which back end a new client reaches that sends this, every byte of it. */
  async told(sent: Uint8Array): Promise<string> {
    using client = await this.connect();
    await client.send(sent);
    return await this.heard(client, sent);
  }

  /** Which back end a client has reached that has sent this, every byte of it. */
  async heard(client: Client, sent: Uint8Array): Promise<string> {
    await client.finish();
    const [name, sha256] = (await client.readAllText()).split(": ");
    assert.equal(sha256, digestOf(sent).sha256);
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trial[Symbol.asyncDispose]();
    for (const backend of this.#backends) await backend[Symbol.asyncDispose]();
  }
}
