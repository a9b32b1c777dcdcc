import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import { crc32c } from "./crc32c.ts";
import { Malformed, type ProxyHeader } from "./proxy_header.ts";
import { readProxyHeader } from "./read_proxy_header.ts";
import { findTlv, TLV } from "./tlvs.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const endpoint = (host: string, port: number) => ({ address: parseHost(host).bytes, port });
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** Version 2: signature, command, family, length, and the rest, from hexadecimal digits. */
function binary(command: number, family: number, rest: string, length?: number): Uint8Array {
  const bytes = (rest.match(/[\da-f]{2}/g) ?? []).map((pair) => parseInt(pair, 16)), size = length ?? bytes.length;
  return Uint8Array.from([...SIGNATURE, command, family, size >> 8, size & 0xff, ...bytes]);
}

/** Reads a header in every split and with data behind it; all must say the same. */
function read(bytes: Uint8Array): ProxyHeader | Malformed {
  const whole = readProxyHeader(bytes), behind = readProxyHeader(Uint8Array.from([...bytes, 0x0d, 0x0a, 0x50, 0]));
  assert.ok(typeof whole !== "number", `${whole} bytes needed, ${bytes.length} are there`);
  if (whole instanceof Malformed) return whole;
  assert.equal(whole.length, bytes.length);
  assert.deepEqual(behind, whole);
  for (let length = 0; length < bytes.length; length++) {
    const needed = readProxyHeader(bytes.subarray(0, length));
    assert.ok(typeof needed === "number" && needed > length && needed <= bytes.length, `${needed} at ${length}`);
  }
  return whole;
}

function refused(bytes: Uint8Array): string {
  const said = readProxyHeader(bytes);
  assert.ok(said instanceof Malformed, JSON.stringify(said));
  return said.reason;
}

const V4 = "c0000201 c6336402 dbfc 01bb";
const V6 = "20010db8000000000000000000000001 20010db80000000000000000000000ff dbfc 01bb";

Deno.test("version 1 names the ends of an IPv4 connection", () => {
  assert.deepEqual(read(ascii("PROXY TCP4 192.0.2.1 198.51.100.2 56316 443\r\n")), {
    version: 1,
    length: 45,
    local: false,
    source: endpoint("192.0.2.1", 56316),
    destination: endpoint("198.51.100.2", 443),
    tlvs: new Uint8Array(0),
  });
  const longest = read(ascii("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"));
  assert.ok(!(longest instanceof Malformed));
  assert.deepEqual([longest.length, longest.source?.port], [56, 65535]);
  const lowest = read(ascii("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"));
  assert.ok(!(lowest instanceof Malformed));
  assert.deepEqual(lowest.source, endpoint("0.0.0.0", 0));
});

Deno.test("version 1 names the ends of an IPv6 connection, in any notation", () => {
  const full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  for (const host of ["2001:db8::1", "2001:DB8:0:0::0001", "::", "::ffff:192.0.2.1", "::ffff:c000:201", full]) {
    const header = read(ascii(`PROXY TCP6 ${host} ::1 65535 65535\r\n`));
    assert.ok(!(header instanceof Malformed), host);
    assert.deepEqual([header.source, header.destination], [endpoint(host, 65535), endpoint("::1", 65535)]);
  }
  assert.ok(!(read(ascii(`PROXY TCP6 ${full} ${full} 65535 65535\r\n`)) instanceof Malformed));
});

Deno.test("version 1 with UNKNOWN names nobody, whatever follows on the line", () => {
  const full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  for (const rest of ["", " ", " what ever", " 192.0.2.1 x", ` ${full} ${full} 65535 65535`]) {
    const line = `PROXY UNKNOWN${rest}\r\n`;
    assert.deepEqual(read(ascii(line)), {
      version: 1,
      length: line.length,
      local: false,
      source: undefined,
      destination: undefined,
      tlvs: new Uint8Array(0),
    });
  }
});

Deno.test("a line that is not exactly one of version 1 is refused", () => {
  const address = /address that is none of its family/, port = /port/, line = /not two addresses and two ports/;
  for (
    const [text, reason] of [
      ["TCP4 192.0.2.1 192.0.2.2 1 65536", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 -1", port],
      ["TCP4 192.0.2.1 192.0.2.2 01 1", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 ", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 1e3", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 +1", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 1\0", port],
      ["TCP4 192.0.2.1 192.0.2.2 1 1 1", line],
      ["TCP4 192.0.2.1 192.0.2.2 1 1 ", line],
      ["TCP4 192.0.2.1 192.0.2.2 1", line],
      ["TCP4 192.0.2.1  192.0.2.2 1 1", line],
      ["TCP4", line],
      ["TCP4 192.0.2.01 192.0.2.2 1 1", address],
      ["TCP4 192.0.2.256 192.0.2.2 1 1", address],
      ["TCP4 192.0.2 192.0.2.2 1 1", address],
      ["TCP4 0xc0.0.2.1 192.0.2.2 1 1", address],
      ["TCP4 192.0.2.1 2001:db8::1 1 1", address],
      ["TCP6 192.0.2.1 2001:db8::1 1 1", address],
      ["TCP6 2001:db8::1 2001:db8:::1 1 1", address],
      ["TCP6 2001:db8::1 2001:db8::1::1 1 1", address],
      ["TCP6 2001:db8::1 1:2:3:4:5:6:7 1 1", address],
      ["TCP6 2001:db8::1 1:2:3:4:5:6:7:8:9 1 1", address],
      ["TCP6 2001:db8::1 12345:: 1 1", address],
      ["TCP6 fe80::1%1 fe80::2 1 1", address],
      ["TCP6 [2001:db8::1] 2001:db8::2 1 1", address],
      ["TCP6 a.example b.example 1 1", address],
      ["UDP4 192.0.2.1 192.0.2.2 1 1", /neither TCP4, TCP6 nor UNKNOWN/],
      ["tcp4 192.0.2.1 192.0.2.2 1 1", /neither TCP4, TCP6 nor UNKNOWN/],
      [" TCP4 192.0.2.1 192.0.2.2 1 1", /neither TCP4, TCP6 nor UNKNOWN/],
      ["UNKNOWNS", /neither TCP4, TCP6 nor UNKNOWN/],
      ["", /neither TCP4, TCP6 nor UNKNOWN/],
    ] as const
  ) assert.match(refused(ascii(`PROXY ${text}\r\n`)), reason, text);
});

Deno.test("the line of version 1 ends with CR LF, both of them, within 107 bytes", () => {
  const line = "PROXY TCP4 192.0.2.1 192.0.2.2 1 1", end = /does not end with CR LF/;
  for (const text of [`${line}\n`, `${line}\rX`, `${line}\r\r\n`, `PROXY UNKNOWN a\nb\r\n`, `PROXY UNKNOWN a\rb\r\n`]) {
    assert.match(refused(ascii(text)), end, JSON.stringify(text));
  }
  const most = `PROXY UNKNOWN ${"x".repeat(91)}`;
  assert.equal(read(ascii(`${most}\r\n`)) instanceof Malformed, false);
  for (const text of [`${most}x\r\n`, `${most}x`, `${most}xxxxxxxx`]) {
    assert.match(refused(ascii(text)), /no end of the line within 107 bytes/, text);
  }
  assert.equal(readProxyHeader(ascii(most)), 107);
});

Deno.test("what begins like neither version is refused at its first wrong byte", () => {
  for (const text of ["G", "PR0", "proxy", "PROXYX", "\n", "\r\n\r\n\r", "\x16\x03\x01", " PROXY TCP4", "\0"]) {
    assert.match(refused(ascii(text)), /neither version 1 nor version 2/, JSON.stringify(text));
  }
  assert.equal(readProxyHeader(new Uint8Array(0)), 1);
});

Deno.test("version 2 names the ends of a connection, of IPv4 and of IPv6", () => {
  const four = { source: endpoint("192.0.2.1", 56316), destination: endpoint("198.51.100.2", 443) };
  const six = { source: endpoint("2001:db8::1", 56316), destination: endpoint("2001:db8::ff", 443) };
  const rest = { version: 2, local: false, tlvs: new Uint8Array(0) };
  assert.deepEqual(read(binary(0x21, 0x11, V4)), { ...rest, length: 28, ...four });
  assert.deepEqual(read(binary(0x21, 0x21, V6)), { ...rest, length: 52, ...six });
  // A datagram that a proxy for DNS passes on over TCP.
  assert.deepEqual(read(binary(0x21, 0x12, V4)), { ...rest, length: 28, ...four });
  assert.deepEqual(read(binary(0x21, 0x22, V6)), { ...rest, length: 52, ...six });
});

Deno.test("version 2 may name nobody; all of it is skipped", () => {
  const nobody = { version: 2, source: undefined, destination: undefined, tlvs: new Uint8Array(0) };
  for (const rest of ["", "00", V4, `${V4} ff`, "ff".repeat(4080)]) {
    const length = 16 + rest.replaceAll(" ", "").length / 2;
    for (const family of [0x00, 0x11, 0x31, 0xff]) {
      assert.deepEqual(read(binary(0x20, family, rest)), { ...nobody, length, local: true });
    }
    for (const family of [0x00, 0x01, 0x10, 0x20]) {
      assert.deepEqual(read(binary(0x21, family, rest)), { ...nobody, length, local: false });
    }
  }
});

Deno.test("version 2 of a unix socket names nobody, but has TLVs", () => {
  const header = read(binary(0x21, 0x31, `${"2f".repeat(216)} 05 0001 41`));
  assert.ok(!(header instanceof Malformed));
  assert.deepEqual([header.source, header.length, [...header.tlvs]], [undefined, 236, [5, 0, 1, 0x41]]);
});

Deno.test("version 2 is refused for what the specification does not allow, as soon as it is seen", () => {
  const fixed = (command: number, family: number, length: number) => binary(command, family, "", length);
  assert.match(refused(fixed(0x11, 0x11, 12)), /another version/);
  assert.match(refused(fixed(0x31, 0x11, 12)), /another version/);
  assert.match(refused(fixed(0x01, 0x11, 12)), /another version/);
  for (const command of [0x22, 0x2f]) assert.match(refused(fixed(command, 0x11, 12)), /unknown command/);
  for (const family of [0x41, 0xf1, 0x13, 0x18, 0x1f, 0x03]) {
    assert.match(refused(fixed(0x21, family, 216)), /unknown family or transport/);
  }
  for (const [family, length] of [[0x11, 0], [0x11, 11], [0x21, 35], [0x22, 12], [0x31, 215]]) {
    assert.match(refused(fixed(0x21, family, length)), /too short for its addresses/);
  }
  assert.match(refused(fixed(0x21, 0x11, 4081)), /longer than 4096 bytes/);
  assert.match(refused(fixed(0x20, 0x00, 65535)), /longer than 4096 bytes/);
  assert.equal(readProxyHeader(fixed(0x21, 0x11, 4080)), 4096);
});

Deno.test("TLVs are kept as they are, and found by their type", () => {
  const tlvs = "01 0002 6832 02 0009 612e6578616d706c65 04 0000 ea 0003 010203 ea 0000";
  const bytes = binary(0x21, 0x11, `${V4} ${tlvs}`), header = read(bytes);
  assert.ok(!(header instanceof Malformed));
  assert.deepEqual(header.tlvs, bytes.slice(28));
  const found = (type: number) => findTlv(header.tlvs, type);
  assert.deepEqual([found(TLV.ALPN), found(TLV.AUTHORITY)], [ascii("h2"), ascii("a.example")]);
  assert.deepEqual([found(0xea), found(TLV.NOOP)], [Uint8Array.of(1, 2, 3), new Uint8Array(0)]);
  assert.equal(found(TLV.UNIQUE_ID), undefined);
  // It is a copy, since engines use their buffers again.
  bytes.fill(0);
  assert.deepEqual(found(TLV.ALPN), ascii("h2"));
});

Deno.test("a TLV that does not fit is refused", () => {
  for (const tlvs of ["01", "01 00", "01 0001", "01 ffff 00", "04 0000 01", "04 0001 00 01 0002 00"]) {
    assert.match(refused(binary(0x21, 0x11, `${V4} ${tlvs}`)), /TLV that does not fit/, tlvs);
    assert.match(refused(binary(0x21, 0x21, `${V6} ${tlvs}`)), /TLV that does not fit/, tlvs);
  }
});

Deno.test("a checksum must be right, wherever it stands, and there may be only one", () => {
  for (const [front, behind] of [["", ""], ["01 0002 6832", ""], ["", "04 0003 000000"], ["05 0001 41", "ea 0000"]]) {
    const bytes = binary(0x21, 0x11, `${V4} ${front} 03 0004 00000000 ${behind}`);
    const at = 28 + front.replaceAll(" ", "").length / 2 + 3;
    new DataView(bytes.buffer).setUint32(at, crc32c(bytes));
    assert.equal(read(bytes) instanceof Malformed, false);
    for (let i = 12; i < bytes.length; i++) {
      for (const bit of [1, 0x80]) {
        const said = readProxyHeader(bytes.with(i, bytes[i] ^ bit));
        // A type that is no longer that of a checksum, or a longer length, is another header.
        const another = i === at - 3 || i === 14 || i === 15 || (i === 13 || i === 12) || typeof said === "number";
        assert.ok(another || said instanceof Malformed, `bit ${bit} of byte ${i} flipped`);
      }
    }
  }
  assert.match(refused(binary(0x21, 0x11, `${V4} 03 0000`)), /wrong checksum/);
  assert.match(refused(binary(0x21, 0x11, `${V4} 03 0005 0000000000`)), /wrong checksum/);
  assert.match(refused(binary(0x21, 0x11, `${V4} 03 0004 00000000 03 0004 00000000`)), /more than one|wrong checksum/);
});

Deno.test("CRC32c has its check value, and the values of RFC 3720", () => {
  assert.equal(crc32c(ascii("123456789")), 0xe3069283);
  assert.equal(crc32c(ascii("6789"), crc32c(ascii("12345"))), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(0)), 0);
  // Section B.4 writes them with the lowest byte first.
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});
