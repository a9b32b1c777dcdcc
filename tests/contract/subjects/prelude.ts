import assert from "node:assert/strict";
import { findTlv, TLV } from "../../../src/preamble/tlvs.ts";
import { channelId } from "../../../src/table/channel_id.ts";
import { PROXY } from "../../../src/table/table.ts";
import { Backend } from "../../support/backend.ts";
import { echoBackend } from "../../support/backends.ts";
import { eventually } from "../../support/eventually.ts";
import { echoAfterHeader, introducedBackend, type Introduction } from "../../support/introduced_backend.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { noIPv6 } from "../../support/requirements.ts";
import { readDigest, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

const MB = 1_000_000;

const encoder = new TextEncoder();

/** What connections to channels begin with: PROXY headers. */
export function prelude(test: ContractTest): void {
  for (const proxy of ["v1", "v2"] as const) {
    test(`a channel first gets a PROXY header, once, ${proxy}: who the client is, and where it came to`, async (start) => {
      const seen: Introduction[] = [];
      await using backend = introducedBackend(seen);
      await using trial = await start({ channels: [backend], proxy });
      for (const text of ["hello", "again"]) {
        using client = await trial.connect();
        await client.send(text);
        await client.finish();
        assert.equal(await client.readAllText(), text);
        const { header, text: says } = seen.pop()!;
        assert.equal(says, `127.0.0.1 ${client.localPort} -> 127.0.0.1 ${trial.port}`);
        assert.deepEqual([`v${header.version}`, header.local], [proxy, false]);
      }
      await trial.idle();
      assert.deepEqual([trial.counters(0).sent, trial.counters(0).rcvd], [10n, 10n]);
    });

    test(`the bytes behind a PROXY header ${proxy} arrive unchanged, whatever pieces they come in`, async (start) => {
      const seen: Introduction[] = [];
      await using backend = introducedBackend(seen);
      await using trial = await start({ channels: [backend], proxy });
      // Also what looks like a header again, which is the client's.
      const bytes = encoder.encode("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.0\r\n\r\n");
      for (let split = 0; split <= bytes.length; split++) {
        using client = await trial.connect();
        await client.send(bytes.subarray(0, split));
        await client.send(bytes.subarray(split));
        assert.deepEqual(await client.readExactly(bytes.length), bytes);
      }
      assert.equal(seen.length, bytes.length + 1);
    });

    test(`a client that ends at once leaves a channel with the PROXY header ${proxy} and the end`, async (start) => {
      const seen: Introduction[] = [], rests: unknown[] = [];
      await using backend = introducedBackend(seen, async (connection, { first }) => {
        rests.push([first.length, (await readDigest(connection)).length]);
        await writeAll(connection, encoder.encode("bye"));
      });
      await using trial = await start({ channels: [backend], proxy });
      for (let i = 0; i < 10; i++) {
        using client = await trial.connect();
        await client.finish();
        assert.equal(await client.readAllText(), "bye");
      }
      assert.deepEqual(rests, Array(10).fill([0, 0]));
    });

    test(`20 MB arrive unchanged both ways behind a PROXY header ${proxy}`, async (start) => {
      await using backend = introducedBackend([]);
      await using trial = await start({ channels: [backend], proxy });
      using client = await trial.connect();
      const bytes = pattern(20 * MB), received = client.readToEnd();
      await client.send(bytes);
      await client.finish();
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
      await trial.idle();
      assert.equal(trial.counters(0).sent, BigInt(20 * MB));
    });
  }

  test("a channel that speaks first does so although the client is silent, because it has the PROXY header", async (start) => {
    await using backend = introducedBackend([], async (connection) => {
      await writeAll(connection, encoder.encode("220 ready\r\n"));
      await readDigest(connection);
    });
    await using trial = await start({ channels: [backend], proxy: "v2" });
    using client = await trial.connect();
    assert.equal(await client.readText(), "220 ready\r\n");
  });

  test("a megabyte behind a PROXY header arrives unchanged with the smallest send buffer and a slow channel", async (start) => {
    const go = Promise.withResolvers<void>();
    const digest = Promise.withResolvers<unknown>();
    await using backend = new Backend(async (connection) => {
      await go.promise;
      digest.resolve(await readDigest(connection));
    });
    await using trial = await start({ channels: [backend], proxy: "v1", sendBuffer: 1 });
    using client = await trial.connect();
    const header = `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${trial.port}\r\n`, bytes = pattern(MB);
    const sent = client.send(bytes).then(() => client.finish());
    await eventually("the channel has been connected", () => trial.held() === 1);
    go.resolve();
    await sent;
    assert.deepEqual(await digest.promise, digestOf(Uint8Array.from([...encoder.encode(header), ...bytes])));
  });

  test("the next channel gets the PROXY header if the first one does not accept, each in its own version", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    using refusing = await RefusingPort.take();
    await using trial = await start({ channels: [refusing, backend], proxy: "v1" });
    trial.table.setProxy(channelId(0, 1), PROXY.V2);
    using client = await trial.connect();
    await client.send("hello");
    assert.equal((await client.readExactly(5)).length, 5);
    assert.deepEqual(seen.map(({ header, text }) => [header.version, text]), [
      [2, `127.0.0.1 ${client.localPort} -> 127.0.0.1 ${trial.port}`],
    ]);
    assert.equal(trial.counters(0).failed, 1n);
  });

  test("each channel gets its own kind of PROXY header, or none, at once when that changes", async (start) => {
    const seen: Introduction[] = [];
    await using plain = echoBackend();
    await using introduced = introducedBackend(seen);
    await using trial = await start({ channels: [plain, introduced], proxy: "v1" });
    trial.table.setProxy(channelId(0, 0), PROXY.OFF);
    const both = async () => {
      for (let i = 0; i < 2; i++) {
        using client = await trial.connect();
        await client.send("hello");
        assert.equal(new TextDecoder().decode(await client.readExactly(5)), "hello");
      }
    };
    await both();
    trial.table.setProxy(channelId(0, 1), PROXY.V2);
    await both();
    trial.table.setProxy(channelId(0, 1), PROXY.INHERITED);
    await trial.change({ proxy: "v2" });
    await both();
    assert.deepEqual(seen.map(({ header }) => header.version), [1, 2, 2]);
  });

  test("a PROXY header of version 2 has a checksum and an id of the connection, if it should", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    await using trial = await start({ channels: [backend], proxy: "v2", proxyChecksum: true, proxyUniqueId: true });
    for (let i = 0; i < 3; i++) {
      using client = await trial.connect();
      await client.send("x");
      await client.readExactly(1);
    }
    const ids = seen.map(({ header: { tlvs } }) => new TextDecoder().decode(findTlv(tlvs, TLV.UNIQUE_ID)));
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.match(id, /^[\da-f]{32}$/);
    // It is right, or the header would not have been read.
    for (const { header } of seen) assert.equal(findTlv(header.tlvs, TLV.CRC32C)?.length, 4);
  });

  test("the tap sees what is the client's, and no PROXY header", async (start) => {
    let tapped = "";
    await using backend = introducedBackend([]);
    await using trial = await start({
      channels: [backend],
      proxy: "v1",
      tap: (direction, bytes) => void (direction === "sent" && (tapped += new TextDecoder().decode(bytes))),
    });
    using client = await trial.connect();
    await client.send("hello");
    await client.readExactly(5);
    await eventually("the tap has seen it", () => tapped === "hello");
  });

  test("a channel that closes or resets instead of taking a PROXY header ends the connection, and nothing else", async (start) => {
    await using backend = new Backend((connection) => Promise.resolve(connection.close()));
    await using trial = await start({ channels: [backend], proxy: "v2" });
    for (let i = 0; i < 20; i++) {
      using client = await trial.connect();
      await client.readToEnd();
    }
    await trial.idle();
    assert.deepEqual(trial.eventTypes(), []);
  });

  test("200 clients at the same time have a PROXY header each, and it is their own", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen, async (connection, introduced) => {
      await writeAll(connection, encoder.encode(`${introduced.text}\n`));
      await echoAfterHeader(connection, introduced);
    });
    await using trial = await start({ channels: [backend], proxy: "v2" });
    await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      using client = await trial.connect();
      await client.send(`client ${i}`);
      await client.finish();
      const says = `127.0.0.1 ${client.localPort} -> 127.0.0.1 ${trial.port}`;
      assert.equal(await client.readAllText(), `${says}\nclient ${i}`);
    }));
    await trial.idle();
  });

  test("a PROXY header names IPv6 clients, and IPv4 clients of an IPv6 socket as such", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    for (const proxy of ["v1", "v2"] as const) {
      await using trial = await start({ channels: [backend], proxy, hostname: "::" });
      for (const hostname of ["::1", "127.0.0.1"]) {
        using client = await trial.connect(hostname);
        await client.send("x");
        await client.readExactly(1);
        assert.equal(seen.pop()?.text, `${hostname} ${client.localPort} -> ${hostname} ${trial.port}`);
      }
    }
  }, noIPv6);
}
