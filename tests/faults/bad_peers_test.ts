import assert from "node:assert/strict";
import { connect } from "node:net";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { processorTime } from "../bench/processor_time.ts";
import { Backend } from "../support/backend.ts";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { clientHello, helloMessage, records } from "../support/client_hello.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { binaryHeader, concat, textHeader } from "../support/proxy_headers.ts";
import { readDigest, writeAll } from "../support/streams.ts";
import { condition, linux } from "../support/requirements.ts";
import type { Balance } from "./balance.ts";
import { pause, show, since, within } from "./patience.ts";
import { processorShare, residentMemory } from "./process_figures.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";

const CROWD = LONG ? 9_000 : 4_000, LATE = LONG ? CROWD : 2_000;

/** Kilobytes of resident memory that a client with half a header may cost, on average. */
const HALF = 16;

/** Half of the headers are of each form, cut in the middle. */
const HALVES = [
  textHeader({ host: "203.0.113.7", port: 7 }).subarray(0, 20),
  binaryHeader({ host: "2001:db8::7", port: 7 }).subarray(0, 30),
];

/** Clients that never finish their hello, and how many seconds they have for it. */
const SLOW = 1_000, PATIENCE = 2;

/** Seconds for which a denied client floods the service, on how many connections at a time. */
const FLOOD = LONG ? 10 : 2, FLOODING = 100;

/** Bytes of the hello that comes in pieces of one byte. */
const LARGE = 12_000;

const FLOODER = "127.0.0.9";

const NAME = "www.example.com";

export const scenarios: Scenario[] = [
  {
    fault: "half PROXY headers",
    made: `${CROWD} peers that send half a header each, --proxy-timeout 60; then as many that time out after 1 s`,
    holds:
      `each costs at most ${HALF} KB, processor use about 0, whole headers are served at once; after the time all are gone`,
    needs: [
      linux,
      // Both ends of every connection are the test's, too.
      condition(descriptorShares("linux", 2).connections > CROWD + 100, "needs a higher limit of descriptors"),
    ],
    async measure(subject) {
      await using backend = echoBackend();
      const start = (seconds: number) =>
        subject.balance([`127.0.0.1:${backend.port}`], {
          options: ["--accept-proxy", "127.0.0.1", "--proxy-timeout", `${seconds}`, "--backlog", "4096"],
        });
      const results: string[] = [];
      {
        await using target = await start(60);
        const nothingLeaked = await target.watchForLeaks();
        await serve(target, 200);
        const before = residentMemory(target.pid);
        using crowd = await halfHeaders(target, CROWD);
        await pause(500);
        const each = (residentMemory(target.pid) - before) / 1024 / CROWD;
        assert.ok(each <= HALF, `${each} KB for each`);
        const share = within("idle processor", await processorShare(target.pid, 1), 1, "%");
        const begun = performance.now();
        await serve(target, 1);
        const served = within("a whole header served after", since(begun) * 1000, 50, "ms");
        crowd[Symbol.dispose]();
        await nothingLeaked();
        results.push(`${CROWD} halves`, `${show(each)} KB for each`, share, served);
      }
      await using target = await start(1);
      const nothingLeaked = await target.watchForLeaks();
      using crowd = await halfHeaders(target, LATE, 0);
      const ends = await Promise.all(crowd.clients.map((client) => client.readToEnd()));
      assert.ok(ends.every(({ length }) => length === 0));
      await serve(target, 10);
      await nothingLeaked();
      const { length } = target.logged(/ refused /);
      assert.ok(length > 0 && length < 30, `${length} lines`);
      return [...results, `${length} log lines for ${LATE} that timed out`];
    },
  },
  {
    fault: "slow hellos",
    made: `${SLOW} clients that send a byte of a ClientHello every 200 ms, --preamble-timeout ${PATIENCE}`,
    holds: "others are served at once; whoever takes too long goes where everybody may, and loses no byte",
    async measure(subject) {
      await using named = tellingBackend("named");
      await using other = tellingBackend("other");
      await using target = await subject.balance(groups(named, other), {
        options: ["--preamble-timeout", `${PATIENCE}`],
      });
      const nothingLeaked = await target.watchForLeaks(), hello = clientHello({ serverName: NAME });
      const { promise: over, resolve: end } = Promise.withResolvers<void>(), times: number[] = [];
      const slow = Promise.all(Array.from({ length: SLOW }, async () => {
        using client = await target.client();
        let sent = 0;
        do {
          await client.send(hello.subarray(sent, ++sent));
          await pause(200);
        } while (other.accepted < SLOW);
        await client.send(hello.subarray(sent));
        await client.finish();
        assert.equal(await client.readAllText(), `other ${digestOf(hello).sha256}`);
      })).finally(end);
      let running = true;
      over.then(() => running = false);
      while (running) {
        const begun = performance.now();
        assert.equal(await told(target, hello), `named ${digestOf(hello).sha256}`);
        times.push(performance.now() - begun);
        await pause(10);
      }
      await slow;
      await nothingLeaked();
      assert.equal(named.accepted, times.length);
      const worst = within("slowest of the others", Math.max(...times), 250, "ms");
      return [`${SLOW} of ${SLOW} unchanged`, `${times.length} others served meanwhile`, worst];
    },
  },
  {
    fault: "a hello in 1-byte segments",
    made: `4 ClientHellos of ${LARGE} bytes, one byte in each segment, and 1 MB behind each`,
    holds: "goes where its name belongs, with every byte; no more than a second of processor time",
    needs: [linux],
    async measure(subject) {
      await using named = tellingBackend("named");
      await using other = tellingBackend("other");
      await using target = await subject.balance(groups(named, other), { options: ["--preamble-timeout", "60"] });
      const nothingLeaked = await target.watchForLeaks();
      const hello = inRecords(LARGE), upload = pattern(1_000_000), before = processorTime([target.pid]);
      await Promise.all(Array.from({ length: 4 }, async () => {
        using client = await target.client();
        for (let i = 0; i < hello.length; i++) await client.send(hello.subarray(i, i + 1));
        await client.send(upload);
        await client.finish();
        assert.equal(await client.readAllText(), `named ${digestOf(concat(hello, upload)).sha256}`);
      }));
      const used = within("processor time", (processorTime([target.pid]) - before) / 1e9, 1, "s");
      await nothingLeaked();
      return [`4 of 4 unchanged, ${hello.length} bytes`, used];
    },
  },
  ...["close", "reset"].map((how): Scenario => ({
    fault: `a flood of denied clients: ${how}`,
    made: `one address is denied, and connects on ${FLOODING} sockets again and again for ${FLOOD} s, --on-deny ${how}`,
    holds: "no other client fails, each denied one is counted, the log has a line a second",
    needs: [linux],
    async measure(subject) {
      await using backend = echoBackend();
      const start = () =>
        subject.balance([`127.0.0.1:${backend.port}`], { options: ["--deny", FLOODER, "--on-deny", how] });
      if (how === "reset" && subject.name === "portable") {
        await assert.rejects(start, /the portable engine has no way to reset clients/);
        return ["says that it cannot"];
      }
      await using target = await start();
      const nothingLeaked = await target.watchForLeaks(), begun = performance.now(), times: number[] = [];
      let flooded = 0;
      const flood = Promise.all(Array.from({ length: FLOODING }, async () => {
        while (since(begun) < FLOOD) {
          await comeAndGo(target.port);
          flooded++;
        }
      }));
      while (since(begun) < FLOOD) {
        const start = performance.now();
        using client = await target.client();
        await client.send("hello");
        assert.equal(await client.readExactText(5), "hello");
        times.push(performance.now() - start);
      }
      await flood;
      await nothingLeaked();
      const { length } = target.logged(/ refused /);
      assert.ok(length > 0 && length <= since(begun) + 2, `${length} lines`);
      return [
        `${flooded} denied, ${times.length} others served, 0 failed`,
        within("slowest", Math.max(...times), 100, "ms"),
        `${length} log lines`,
      ];
    },
  })),
];

/** One client that is denied: closed, or reset, perhaps before it knows that it is connected. */
function comeAndGo(port: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, localAddress: FLOODER });
  socket.on("error", () => {}).on("data", () => assert.fail("it was served"));
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** One channel for those who say the name, and one for everybody else. */
function groups(named: Backend, other: Backend): string[] {
  return [`sni=${NAME}`, `127.0.0.1:${named.port}`, "!", `127.0.0.1:${other.port}`];
}

/** Reads to the client's end, and tells who it is and what it got. */
function tellingBackend(name: string): Backend {
  return new Backend(async (connection) => {
    const { sha256 } = await readDigest(connection);
    await writeAll(connection, concat(`${name} ${sha256}`));
  });
}

/** What a client is told that sends this. */
async function told(target: Balance, sent: Uint8Array): Promise<string> {
  using client = await target.client();
  await client.send(sent);
  await client.finish();
  return await client.readAllText();
}

/** A ClientHello of so many bytes or a little more, in records of 1,000. */
function inRecords(bytes: number): Uint8Array {
  const message = helloMessage({ serverName: NAME, padding: bytes - 100 });
  return records(message, Array<number>(Math.floor(message.length / 1000)).fill(1000));
}

/** Peers that have sent half a header, all accepted. */
async function halfHeaders(target: Balance, count: number, wanted = count): Promise<Peers> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const more = await Promise.all(Array.from({ length: 100 }, () => target.client()));
    await Promise.all(more.map((client, i) => client.send(HALVES[i % 2])));
    clients.push(...more);
  }
  await target.untilState("all are accepted", ({ connections }) => connections >= wanted);
  return new Peers(clients);
}

class Peers implements Disposable {
  constructor(readonly clients: readonly Client[]) {}

  [Symbol.dispose](): void {
    for (const client of this.clients) client[Symbol.dispose]();
  }
}

/** So many clients whose headers are whole. */
async function serve(target: Balance, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    using client = await target.client();
    await client.send(concat(textHeader({ host: "203.0.113.7", port: 1 + i }), "hello"));
    assert.equal(await client.readExactText(5), "hello");
  }));
}

testScenarios(import.meta.url, scenarios);
