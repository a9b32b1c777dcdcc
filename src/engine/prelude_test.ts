import assert from "node:assert/strict";
import type { Greeting } from "../preamble/greeting.ts";
import { LONGEST_HEADER, type ProxyHeader } from "../preamble/proxy_header.ts";
import { readProxyHeader } from "../preamble/read_proxy_header.ts";
import { eachTlv, findTlv, TLV, TLV_HEAD } from "../preamble/tlvs.ts";
import { formatHost, parseHost } from "../table/address.ts";
import { Prelude, type PreludeSettings } from "./prelude.ts";

const STANDARD: PreludeSettings = { proxyChecksum: false, proxyUniqueId: false, proxyPassTlv: false };

/** Types that the specification leaves to private use. */
const PRIVATE = 0xe0, OTHER = 0xe1;

const endpoint = (host: string, port: number) => ({ address: parseHost(host).bytes, port });

const client = endpoint("192.0.2.1", 1000), destination = endpoint("198.51.100.2", 443);

/** What a header says that a prelude makes. */
function told(
  settings: Partial<PreludeSettings>,
  { greeting, received, version = 2 }: { greeting?: Greeting; received?: ProxyHeader; version?: 1 | 2 } = {},
) {
  const into = new Uint8Array(LONGEST_HEADER), prelude = new Prelude({ ...STANDARD, ...settings });
  const length = prelude.write(into, version, { client: { ...client, greeting }, destination, received });
  const header = readProxyHeader(into.subarray(0, length));
  assert.ok(typeof header === "object" && "source" in header, JSON.stringify(header));
  assert.equal(header.length, length);
  return header;
}

/** The TLVs of a header, as text. */
function tlvsOf({ tlvs }: ProxyHeader): [type: number, text: string][] {
  return [...eachTlv(tlvs)].map((tlv) => [
    tlv!.type,
    new TextDecoder("latin1").decode(tlvs.subarray(tlv!.start + TLV_HEAD, tlv!.end)),
  ]);
}

/** A header with these TLVs, as another proxy has sent it. */
function received(...tlvs: (readonly [type: number, text: string])[]): ProxyHeader {
  const bytes = tlvs.flatMap((
    [type, text],
  ) => [type, text.length >> 8, text.length & 255, ...new TextEncoder().encode(text)]);
  return { version: 2, length: 0, local: false, source: client, destination, tlvs: Uint8Array.from(bytes) };
}

const hello = (serverName: string, ...alpn: string[]): Greeting => ({ protocol: "tls", serverName, alpn });

Deno.test("a header says who the client is, where it came to, and nothing else if nothing is known", () => {
  for (const version of [1, 2] as const) {
    const header = told({}, { version });
    assert.equal(header.version, version);
    assert.deepEqual([formatHost(header.source!.address), header.source!.port], ["192.0.2.1", 1000]);
    assert.deepEqual([formatHost(header.destination!.address), header.destination!.port], ["198.51.100.2", 443]);
    assert.deepEqual(tlvsOf(header), []);
  }
});

Deno.test("the server name of the client's handshake is passed on, and its protocol if it offers only one", () => {
  assert.deepEqual(tlvsOf(told({}, { greeting: hello("www.example", "h2") })), [
    [TLV.AUTHORITY, "www.example"],
    [TLV.ALPN, "h2"],
  ]);
  assert.deepEqual(tlvsOf(told({}, { greeting: hello("www.example", "h2", "http/1.1") })), [
    [TLV.AUTHORITY, "www.example"],
  ]);
  assert.deepEqual(tlvsOf(told({}, { greeting: { protocol: "none", serverName: "", alpn: [] } })), []);
  // Names of protocols are bytes, not text.
  assert.deepEqual(findTlv(told({}, { greeting: hello("", "\xff\x80") }).tlvs, TLV.ALPN), Uint8Array.of(0xff, 0x80));
});

Deno.test("what the proxy in front says of name and protocol is passed on, and goes before the handshake", () => {
  const before = received([TLV.AUTHORITY, "outer.example"], [TLV.NOOP, "--"], [TLV.ALPN, "h2"], [PRIVATE, "secret"]);
  assert.deepEqual(tlvsOf(told({}, { received: before })), [[TLV.AUTHORITY, "outer.example"], [TLV.ALPN, "h2"]]);
  assert.deepEqual(tlvsOf(told({}, { received: before, greeting: hello("inner.example", "http/1.1") })), [
    [TLV.AUTHORITY, "outer.example"],
    [TLV.ALPN, "h2"],
  ]);
});

Deno.test("all TLVs are passed on if they should be, in their order, but no filling and no old checksum", () => {
  const before = received([OTHER, "1"], [TLV.NOOP, "--"], [PRIVATE, ""], [TLV.CRC32C, "1234"], [OTHER, "2"]);
  const settings = { proxyPassTlv: true, proxyChecksum: true };
  const tlvs = tlvsOf(told(settings, { received: before }));
  assert.deepEqual(tlvs.slice(0, -1), [[OTHER, "1"], [PRIVATE, ""], [OTHER, "2"]]);
  // It is right, or the header could not be read.
  assert.equal(tlvs.at(-1)![0], TLV.CRC32C);
});

Deno.test("each connection has an id, and keeps the one that the proxy in front has given it", () => {
  const prelude = new Prelude({ ...STANDARD, proxyUniqueId: true }), ids = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const into = new Uint8Array(LONGEST_HEADER);
    const length = prelude.write(into, 2, { client, destination, received: undefined });
    const [[type, id]] = tlvsOf(readProxyHeader(into.subarray(0, length)) as ProxyHeader);
    assert.equal(type, TLV.UNIQUE_ID);
    assert.match(id, /^[\da-f]{32}$/);
    ids.add(id);
  }
  assert.equal(ids.size, 100);
  assert.notEqual(tlvsOf(told({ proxyUniqueId: true }))[0][1].slice(0, 16), [...ids][0].slice(0, 16));
  const before = received([TLV.UNIQUE_ID, "theirs"]);
  assert.deepEqual(tlvsOf(told({ proxyUniqueId: true }, { received: before })), [[TLV.UNIQUE_ID, "theirs"]]);
  assert.deepEqual(tlvsOf(told({}, { received: before })), []);
});

Deno.test("what does not fit into a header any more is left out, and what is the program's own stays", () => {
  const before = received([PRIVATE, "x".repeat(3000)], [OTHER, "y".repeat(1100)], [OTHER, "z"]);
  const settings = { proxyPassTlv: true, proxyChecksum: true, proxyUniqueId: true };
  const tlvs = tlvsOf(told(settings, { received: before, greeting: hello("n".repeat(255)) }));
  assert.deepEqual(tlvs.map(([type, { length }]) => [type, length]), [
    [TLV.AUTHORITY, 255],
    [TLV.UNIQUE_ID, 32],
    [PRIVATE, 3000],
    [OTHER, 1],
    [TLV.CRC32C, 4],
  ]);
});
