import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { LONGEST_HEADER, LONGEST_LINE } from "./proxy_header.ts";
import { readProxyHeader } from "./read_proxy_header.ts";
import { type ProxyNotice, writeProxyHeader } from "./write_proxy_header.ts";

const endpoint = (host: string, port: number) => ({ address: parseHost(host).bytes, port });
const source = endpoint("192.0.2.1", 56316), destination = endpoint("198.51.100.2", 443);
const source6 = endpoint("2001:db8::1", 56316), destination6 = endpoint("2001:db8::ff", 443);

/** The bytes of a header, written between others that must stay as they are. */
function written(notice: ProxyNotice, room = LONGEST_HEADER): Uint8Array {
  const all = new Uint8Array(room + 2).fill(0xee), length = writeProxyHeader(all.subarray(1, 1 + room), notice);
  assert.deepEqual([all[0], all[length + 1]], [0xee, 0xee]);
  return all.slice(1, 1 + length);
}

const text = (notice: Omit<ProxyNotice, "version">) => new TextDecoder().decode(written({ version: 1, ...notice }));
const hex = (notice: Omit<ProxyNotice, "version">) => {
  const digits = [...written({ version: 2, ...notice })].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.equal(digits.slice(0, 24), "0d0a0d0a000d0a515549540a");
  return digits.slice(24);
};

Deno.test("version 1 is written as the specification has it", () => {
  assert.equal(text({ source, destination }), "PROXY TCP4 192.0.2.1 198.51.100.2 56316 443\r\n");
  assert.equal(
    text({ source: source6, destination: destination6 }),
    "PROXY TCP6 2001:db8::1 2001:db8::ff 56316 443\r\n",
  );
  const last = endpoint("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
  assert.equal(text({ source: last, destination: last }).length, 104);
});

Deno.test("version 2 is written as the specification has it", () => {
  assert.equal(hex({ source, destination }), "2111000c" + "c0000201" + "c6336402" + "dbfc01bb");
  assert.equal(
    hex({ source: source6, destination: destination6 }),
    "21210024" + "20010db8000000000000000000000001" + "20010db80000000000000000000000ff" + "dbfc01bb",
  );
  assert.equal(
    hex({ source, destination, tlvs: Uint8Array.of(4, 0, 1, 9) }).slice(8),
    "c0000201c6336402dbfc01bb04000109",
  );
});

Deno.test("ends of different families are both written as IPv6", () => {
  assert.equal(text({ source, destination: destination6 }), "PROXY TCP6 ::ffff:c000:201 2001:db8::ff 56316 443\r\n");
  assert.equal(text({ source: source6, destination }), "PROXY TCP6 2001:db8::1 ::ffff:c633:6402 56316 443\r\n");
  assert.equal(
    hex({ source, destination: destination6 }),
    "21210024" + "00000000000000000000ffffc0000201" + "20010db80000000000000000000000ff" + "dbfc01bb",
  );
});

Deno.test("the proxy's own connections say so, and unknown ends are not made up", () => {
  assert.equal(text({}), "PROXY UNKNOWN\r\n");
  assert.equal(text({ source }), "PROXY UNKNOWN\r\n");
  assert.equal(hex({}), "20000000");
  assert.equal(hex({ source }), "21000000");
  assert.equal(hex({ checksum: true }).slice(0, 14), "20000007030004");
});

Deno.test("a checksum is that of RFC 4960 over the whole header", () => {
  // Calculated bit by bit, apart from the program.
  assert.equal(
    hex({ source, destination, checksum: true }),
    "21110013" + "c0000201" + "c6336402" + "dbfc01bb" + "030004" + "5875f070",
  );
});

Deno.test("a header that does not fit is not written", () => {
  const long = (size: number) => Uint8Array.from([4, size >> 8, size & 0xff, ...Array(size).fill(0)]);
  const fits = { version: 2, source, destination, checksum: true } as const;
  const most = LONGEST_HEADER - 16 - 12 - 7 - 3;
  assert.equal(written({ ...fits, tlvs: long(most) }).length, LONGEST_HEADER);
  assert.equal(written({ ...fits, tlvs: long(most) }, LONGEST_HEADER + 9).length, LONGEST_HEADER);
  for (const room of [LONGEST_HEADER, LONGEST_HEADER + 9]) {
    assert.throws(() => written({ ...fits, tlvs: long(most + 1) }, room), RangeError);
  }
  assert.equal(writeProxyHeader(new Uint8Array(45), { version: 1, source, destination }), 45);
  assert.throws(() => writeProxyHeader(new Uint8Array(44), { version: 1, source, destination }), RangeError);
  assert.throws(() => writeProxyHeader(new Uint8Array(27), { version: 2, source, destination }), RangeError);
  assert.equal(written({ version: 1, source: source6, destination }, LONGEST_LINE).length, 51);
});

Deno.test("what is written can be read, with a checksum or without", () => {
  for (const checksum of [false, true]) {
    const read = readProxyHeader(written({ version: 2, source: source6, destination, checksum }));
    assert.ok(typeof read === "object" && "source" in read);
    assert.deepEqual([read.source, read.destination], [source6, destination]);
  }
});
