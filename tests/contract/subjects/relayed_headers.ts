import assert from "node:assert/strict";
import { findTlv, TLV } from "../../../src/preamble/tlvs.ts";
import { clientHello } from "../../support/client_hello.ts";
import { introducedBackend, type Introduction } from "../../support/introduced_backend.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { binary, binaryHeader, concat, textHeader, tlv } from "../../support/proxy_headers.ts";
import { readDigest, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

/** Where all clients of these tests connect from. */
const PEER = "127.0.0.1";

const MB = 1_000_000;

/** Types that the specification leaves to private use. */
const PRIVATE = 0xe0, OTHER = 0xe1;

/** What another proxy says of a client, and how a channel is told. */
const NAMED = "203.0.113.7 5000 -> 198.51.100.1 443", NAMED6 = "2001:db8::7 5000 -> 2001:db8::1 443";

const from = { host: "203.0.113.7", port: 5000 }, from6 = { host: "2001:db8::7", port: 5000 };

/** Connections that begin with PROXY headers on both sides. */
export function relayedHeaders(test: ContractTest): void {
  test("a channel is told what the proxy in front says of the client, and where it came to there", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    for (const proxy of ["v1", "v2"] as const) {
      await using trial = await start({ channels: [backend], proxy, asks: { acceptProxy: PEER } });
      const says = async (header: Uint8Array) => {
        using client = await trial.connect();
        await client.send(concat(header, "hello"));
        assert.equal(await client.readExactText(5), "hello");
        const { header: { version }, text } = seen.pop()!;
        assert.equal(`v${version}`, proxy);
        return text === undefined ? "nothing" : text.replace(`${client.localPort}`, "PORT");
      };
      assert.equal(await says(textHeader(from)), NAMED);
      assert.equal(await says(binaryHeader(from)), NAMED);
      assert.equal(await says(textHeader(from6)), NAMED6);
      assert.equal(await says(binaryHeader(from6)), NAMED6);
      // Whoever speaks for itself, or does not know for whom, is the client.
      const itself = `127.0.0.1 PORT -> 127.0.0.1 ${trial.port}`;
      assert.equal(await says(concat("PROXY UNKNOWN\r\n")), itself);
      assert.equal(await says(binary(0x20, 0, new Uint8Array(0))), itself);
      assert.equal(await says(binary(0x21, 0, new Uint8Array(0))), itself);
    }
  });

  test("TLVs are passed on to channels whose header is of version 2, if they should be", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    const tlvs = concat(tlv(PRIVATE, "secret"), tlv(TLV.AUTHORITY, "www.example"), tlv(TLV.NOOP, "--"), tlv(OTHER, ""));
    const passed = async (proxyPassTlv: boolean) => {
      const asks = { acceptProxy: PEER }, setup = { channels: [backend], asks, proxyPassTlv, proxyChecksum: true };
      await using trial = await start({ ...setup, proxy: "v2" });
      using client = await trial.connect();
      await client.send(concat(binaryHeader(from, tlvs), "hello"));
      assert.equal(await client.readExactText(5), "hello");
      const { text, header } = seen.pop()!;
      assert.equal(text, NAMED);
      // The checksum comes last; it is right, or the header would not have been read.
      assert.equal(findTlv(header.tlvs, TLV.CRC32C)?.length, 4);
      return header.tlvs.subarray(0, -7);
    };
    const all = concat(tlv(PRIVATE, "secret"), tlv(TLV.AUTHORITY, "www.example"), tlv(OTHER, ""));
    assert.deepEqual(await passed(true), all);
    assert.deepEqual(await passed(false), tlv(TLV.AUTHORITY, "www.example"));
  });

  test("a header with nearly 4 KiB of TLVs is passed on whole, and the stream behind it arrives unchanged", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    const asks = { acceptProxy: PEER }, setup = { channels: [backend], asks, proxyPassTlv: true, sendBuffer: 1 };
    await using trial = await start({ ...setup, proxy: "v2" });
    const tlvs = tlv(PRIVATE, pattern(4000)), bytes = pattern(MB);
    for (let i = 0; i < 5; i++) {
      using client = await trial.connect();
      const received = client.readToEnd();
      await client.send(concat(binaryHeader(from, tlvs), bytes));
      await client.finish();
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
      assert.deepEqual(seen.pop()!.header.tlvs, tlvs);
    }
    await trial.idle();
    assert.equal(trial.counters(0).sent, BigInt(5 * MB));
  });

  test("through two balancers, the second one's channel knows the first one's client, and its connection by one id", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    const second = { channels: [backend], asks: { acceptProxy: PEER }, proxyPassTlv: true, proxyUniqueId: true };
    await using back = await start({ ...second, proxy: "v2", proxyChecksum: true });
    const channel = { address: { host: PEER, port: back.port } };
    await using front = await start({ channels: [channel], proxy: "v2", proxyUniqueId: true, proxyChecksum: true });
    const ids = new Set<string>();
    for (let i = 0; i < 10; i++) {
      using client = await front.connect();
      const bytes = pattern(100_000, i), received = client.readToEnd();
      await client.send(bytes);
      await client.finish();
      assert.deepEqual(await received, { ...digestOf(bytes), end: "end-of-stream" });
      const { text, header: { tlvs } } = seen.pop()!;
      assert.equal(text, `127.0.0.1 ${client.localPort} -> 127.0.0.1 ${front.port}`);
      ids.add(new TextDecoder().decode(findTlv(tlvs, TLV.UNIQUE_ID)));
      assert.equal(tlvs.length, 3 + 32 + 3 + 4);
    }
    assert.equal(ids.size, 10);
    // The first one's threads have made them, each with a beginning of its own, and the second one passes them on.
    assert.ok(new Set([...ids].map((id) => id.slice(0, 16))).size <= 3);
    await front.idle();
    await back.idle();
  });

  test("a channel that speaks first does so although nothing follows the header of the proxy in front", async (start) => {
    await using backend = introducedBackend([], async (connection) => {
      await writeAll(connection, concat("220 ready\r\n"));
      await readDigest(connection);
    });
    await using trial = await start({ channels: [backend], proxy: "v2", asks: { acceptProxy: PEER } });
    for (const header of [textHeader(from), binaryHeader(from)]) {
      using client = await trial.connect();
      await client.send(header);
      assert.equal(await client.readText(), "220 ready\r\n");
    }
  });

  test("a channel is told the name in the client's ClientHello, where that has been looked at", async (start) => {
    const seen: Introduction[] = [];
    await using backend = introducedBackend(seen);
    const hello = clientHello({ serverName: "www.example.com", alpn: ["h2"] });
    for (const condition of [{ sni: ["www.example.com"] }, undefined]) {
      await using trial = await start({ groups: [{ channels: [backend], condition }], proxy: "v2" });
      using client = await trial.connect();
      await client.send(hello);
      assert.deepEqual(await client.readExactly(hello.length), hello);
      const { header: { tlvs } } = seen.pop()!;
      const known = concat(tlv(TLV.AUTHORITY, "www.example.com"), tlv(TLV.ALPN, "h2"));
      assert.deepEqual(tlvs, condition === undefined ? new Uint8Array(0) : known);
    }
  });
}
