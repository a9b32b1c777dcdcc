import assert from "node:assert/strict";
import fc from "fast-check";
import { browserHello, clientHello, helloMessage, records } from "../../tests/support/client_hello.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { LONGEST_HEADER, Malformed, type ProxyHeader } from "./proxy_header.ts";
import { LONGEST_GREETING, readGreeting } from "./read_greeting.ts";
import { readProxyHeader } from "./read_proxy_header.ts";
import { TLV } from "./tlvs.ts";
import { writeProxyHeader } from "./write_proxy_header.ts";

const four = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) =>
  Uint8Array.from([...Array(10).fill(0), 0xff, 0xff, ...bytes])
);
const six = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Runs of zeros are what the text form shortens.
  fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
);
const endpoint = fc.tuple(fc.oneof(four, six), fc.nat(65535)).map(([address, port]) => ({ address, port }));
const tlvs = fc.array(
  fc.tuple(fc.nat(255).filter((type) => type !== TLV.CRC32C), fc.uint8Array({ maxLength: 300 })),
  { maxLength: 8 },
).map((all) =>
  Uint8Array.from(all.flatMap(([type, value]) => [type, value.length >> 8, value.length & 0xff, ...value]))
);
const notice = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  source: endpoint,
  destination: endpoint,
  tlvs,
  checksum: fc.boolean(),
});

const buffer = new Uint8Array(LONGEST_HEADER);

/** Bytes with some of them replaced, cut off, or put in. */
function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 3, 10, 13, 22, 32, 46, 48, 58, 255));
  const change = fc.tuple(fc.nat(), byte, fc.constantFrom("replace", "insert", "remove", "cut"));
  return fc.tuple(whole, fc.array(change, { minLength: 1, maxLength: 4 })).map(([whole, changes]) => {
    let bytes = [...whole];
    for (const [where, byte, how] of changes) {
      const at = bytes.length === 0 ? 0 : where % bytes.length;
      if (how === "cut") bytes = bytes.slice(0, at);
      else if (how === "insert") bytes.splice(at, 0, byte);
      else bytes.splice(at, 1, ...how === "replace" ? [byte] : []);
    }
    return Uint8Array.from(bytes);
  });
}

/**
 * Checks a reader against itself: looking at longer and longer parts of a stream gives the same answer as looking at all
 * of it, if only as many looks as it asks for; it never asks for what is there already, nor for more than `most`.
 */
function assertSteady<T extends object>(
  read: (bytes: Uint8Array) => T | number,
  bytes: Uint8Array,
  most: number,
): void {
  const whole = read(bytes);
  let length = 0;
  for (let answer = read(bytes.subarray(0, 0)); length < bytes.length; answer = read(bytes.subarray(0, length))) {
    if (typeof answer === "object") {
      assert.deepEqual(whole, answer, `it changes its mind after ${length} of ${bytes.length} bytes`);
      return;
    }
    assert.ok(answer > length && answer <= most, `${answer} bytes are needed, ${length} are there`);
    length = Math.min(answer, bytes.length);
  }
  if (typeof whole === "number") assert.ok(whole > bytes.length && whole <= most, `${whole} of ${bytes.length}`);
}

function header(bytes: Uint8Array): ProxyHeader | Malformed | number {
  const read = readProxyHeader(bytes);
  if (read instanceof Malformed || typeof read === "number") return read;
  assert.ok(read.length <= bytes.length && read.length <= LONGEST_HEADER);
  assert.ok(read.tlvs.length <= read.length - 16 || read.tlvs.length === 0);
  assert.equal(read.source === undefined, read.destination === undefined);
  for (const end of [read.source, read.destination]) {
    if (end !== undefined) assert.ok(end.address.length === 16 && end.port >= 0 && end.port <= 65535);
  }
  return read;
}

function greeting(bytes: Uint8Array) {
  const read = readGreeting(bytes, false), ended = readGreeting(bytes, true);
  assert.ok(typeof ended === "object");
  if (typeof read === "number") return read;
  assert.deepEqual(ended, read);
  assert.match(read.serverName, /^(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*)?$/);
  assert.ok(read.serverName.length <= 253 && read.alpn.length <= 64);
  if (read.protocol !== "tls") assert.deepEqual([read.serverName, read.alpn], ["", []]);
  return read;
}

Deno.test("a header that is written is read with the same meaning", () => {
  fc.assert(
    fc.property(notice, fc.uint8Array({ maxLength: 20 }), (notice, behind) => {
      const length = writeProxyHeader(buffer, notice);
      const bytes = Uint8Array.from([...buffer.subarray(0, length), ...behind]), read = header(bytes);
      assert.ok(typeof read === "object" && !(read instanceof Malformed), JSON.stringify(read));
      assert.deepEqual([read.version, read.length, read.local], [notice.version, length, false]);
      assert.deepEqual([read.source, read.destination], [notice.source, notice.destination]);
      const sum = notice.checksum ? [...bytes.subarray(length - 7, length)] : [];
      assert.deepEqual([...read.tlvs], notice.version === 1 ? [] : [...notice.tlvs, ...sum]);
      assertSteady(header, bytes, LONGEST_HEADER);
    }),
    parameters(1000),
  );
});

Deno.test("a damaged header is read within bounds, however it comes", () => {
  const bytes = damaged(notice.map((notice) => buffer.slice(0, writeProxyHeader(buffer, notice))));
  fc.assert(fc.property(bytes, (bytes) => assertSteady(header, bytes, LONGEST_HEADER)), parameters(3000));
});

Deno.test("a header with a checksum is not read with another meaning when one byte is wrong", () => {
  const checked = notice.map((notice) => ({ ...notice, version: 2 as const, checksum: true }));
  fc.assert(
    fc.property(checked, fc.nat(), fc.integer({ min: 1, max: 255 }), (notice, where, flipped) => {
      const bytes = buffer.slice(0, writeProxyHeader(buffer, notice)), at = 16 + where % (bytes.length - 16);
      bytes[at] ^= flipped;
      const read = header(bytes);
      // If the checksum's own type is hit, there is none; otherwise it must be refused.
      if (at !== bytes.length - 7 && !swallowsChecksum(bytes)) assert.ok(read instanceof Malformed, `byte ${at}`);
    }),
    parameters(2000),
  );
});

/** Whether a TLV's length has changed so that the checksum is inside of it. */
function swallowsChecksum(bytes: Uint8Array): boolean {
  const read = readProxyHeader(bytes);
  if (read instanceof Malformed || typeof read === "number") return false;
  let at = 0;
  while (at < read.tlvs.length) {
    if (read.tlvs[at] === TLV.CRC32C) return false;
    at += 3 + ((read.tlvs[at + 1] << 8) | read.tlvs[at + 2]);
  }
  return true;
}

const label = fc.stringMatching(/^[a-z\d]([a-z\d-]{0,20}[a-z\d])?$/);
const hostName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => [...labels, "example"].join("."));
const protocols = fc.array(fc.constantFrom("h2", "http/1.1", "acme-tls/1", "\x0a\x0a", "\x5a\x5a"), { minLength: 1 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 });

Deno.test("a name and protocols are those that were said, however the hello is spread over records", () => {
  fc.assert(
    fc.property(hostName, protocols, cuts, fc.nat(2000), (serverName, alpn, cuts, padding) => {
      const bytes = records(helloMessage({ serverName: serverName.toUpperCase(), alpn, padding }), cuts);
      const meant = alpn.filter((name) => name.length > 2 || name === "h2");
      assert.deepEqual(greeting(bytes), { protocol: "tls", serverName, alpn: meant });
      assertSteady(greeting, bytes, LONGEST_GREETING);
    }),
    parameters(300),
  );
});

Deno.test("a damaged hello is read within bounds, however it comes", () => {
  const hello = fc.tuple(hostName, protocols, cuts).map(([serverName, alpn, cuts]) =>
    records(helloMessage({ serverName, alpn }), cuts)
  );
  const bytes = damaged(fc.oneof(hello, hostName.map((name) => browserHello(name)), fc.constant(clientHello())));
  fc.assert(fc.property(bytes, (bytes) => assertSteady(greeting, bytes, LONGEST_GREETING)), parameters(2000));
});

Deno.test("any bytes are read within bounds", () => {
  const start = fc.constantFrom("", "\x16\x03\x01", "SSH", "GET ", "PROXY ", "PRI * HT", "\r\n\r\n\0\r\nQUIT\n!");
  const bytes = fc.tuple(start, fc.uint8Array({ maxLength: 80 })).map(([start, rest]) =>
    Uint8Array.from([...new TextEncoder().encode(start), ...rest])
  );
  fc.assert(
    fc.property(bytes, (bytes) => {
      assertSteady(header, bytes, LONGEST_HEADER);
      assertSteady(greeting, bytes, LONGEST_GREETING);
    }),
    parameters(5000),
  );
});
