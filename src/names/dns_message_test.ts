import assert from "node:assert/strict";
import fc from "fast-check";
import { type DnsRecord, readQuery, writeReply } from "../../tests/support/dns_message.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { decodeReply, encodeQuery, type RecordType } from "./dns_message.ts";

/** What a server that has these records answers, read back. */
function asked(name: string, type: RecordType, records: readonly DnsRecord[], code = 0, id = 7) {
  const query = readQuery(encodeQuery(id, name, type), "tcp");
  return decodeReply(writeReply(query, { records, code }), id, name, type);
}

Deno.test("a query asks for one type of one name, and says how much room there is for the reply", () => {
  const { id, question, room } = readQuery(encodeQuery(513, "Web.Example.", "AAAA"), "udp");
  assert.deepEqual([id, question.name, question.type, room], [513, "web.example", "AAAA", 1232]);
});

Deno.test("addresses are those of the name, in the order of the reply", () => {
  const reply = asked("web.example", "A", [
    { type: "A", address: "10.0.0.2", ttl: 9 },
    { type: "A", address: "10.0.0.1", ttl: 5 },
    { type: "A", name: "other.example", address: "10.0.0.3", ttl: 1 },
  ]);
  assert.deepEqual(reply, { code: 0, truncated: false, addresses: ["10.0.0.2", "10.0.0.1"], services: [], ttl: 5 });
  const six = asked("web.example", "AAAA", [{ type: "AAAA", address: "2001:db8::1" }]);
  assert.deepEqual(six?.addresses, ["2001:db8::1"]);
});

Deno.test("aliases are followed, and the shortest time to live on the way counts", () => {
  const alias: DnsRecord = { type: "CNAME", target: "real.example", ttl: 3 };
  const reply = asked("web.example", "A", [{ type: "A", name: "real.example", address: "10.0.0.1", ttl: 60 }, alias]);
  assert.deepEqual([reply?.addresses, reply?.ttl], [["10.0.0.1"], 3]);
  const circle: DnsRecord = { type: "CNAME", name: "real.example", target: "web.example" };
  assert.deepEqual(asked("web.example", "A", [alias, circle])?.addresses, []);
});

Deno.test("SRV records have hosts, ports, weights and priorities", () => {
  const record = { priority: 10, weight: 65535, port: 8080, target: "web1.example" };
  assert.deepEqual(asked("_http._tcp.example", "SRV", [{ type: "SRV", ...record, ttl: 4 }])?.services, [record]);
});

Deno.test("the time to live of a record with the first bit set is 0", () => {
  assert.equal(asked("a.example", "A", [{ type: "A", address: "10.0.0.1", ttl: 2 ** 31 }])?.ttl, 0);
  assert.equal(asked("a.example", "A", [{ type: "A", address: "10.0.0.1", ttl: 2 ** 31 - 1 }])?.ttl, 2 ** 31 - 1);
});

Deno.test("the reply to another question is none", () => {
  const query = readQuery(encodeQuery(7, "web.example", "A"), "udp"), reply = writeReply(query, { code: 3 });
  assert.equal(decodeReply(reply, 7, "WEB.example", "A")?.code, 3);
  assert.equal(decodeReply(reply, 8, "web.example", "A"), undefined);
  assert.equal(decodeReply(reply, 7, "mail.example", "A"), undefined);
  assert.equal(decodeReply(reply, 7, "web.example", "AAAA"), undefined);
  assert.equal(decodeReply(encodeQuery(7, "web.example", "A"), 7, "web.example", "A"), undefined, "a query");
});

Deno.test("what cannot be a name is not asked for", () => {
  for (const name of ["a..b", "", `${"a".repeat(64)}.example`, Array(128).fill("ab").join(".")]) {
    assert.throws(() => encodeQuery(1, name, "A"), RangeError, name);
  }
});

/** A reply to the question for SRV records of `a`: so many records, and these bytes behind the question. */
function handmade(records: number, ...bytes: number[]): Uint8Array {
  return new Uint8Array([
    0,
    7,
    0x81,
    0x80,
    0,
    1,
    records >> 8,
    records & 255,
    0,
    0,
    0,
    0,
    1,
    97,
    0,
    0,
    33,
    0,
    1,
    ...bytes,
  ]);
}

const pointer = (at: number) => [0xc0 | at >> 8, at & 255];

/** The head of a record of `owner`, for so many bytes of content. */
const head = (owner: readonly number[], type: number, length: number, kind = 1) => [
  ...[...owner, 0, type, 0, kind, 0, 0, 0, 9, length >> 8, length & 255],
];

Deno.test("names are compressed with pointers, which lead backwards and not on for long", () => {
  const read = (...bytes: number[]) => decodeReply(handmade(1, ...bytes), 7, "a", "SRV");
  const target = [1, 98, ...pointer(12)], place = [0, 1, 0, 2, 0, 80];
  const services = [{ priority: 1, weight: 2, port: 80, target: "b.a" }];
  assert.deepEqual(read(...head(pointer(12), 33, 10), ...place, ...target)?.services, services);
  const loops = [pointer(19), pointer(21), [1, 98, ...pointer(19)], [...pointer(500)]];
  for (const loop of loops) {
    assert.throws(() => read(...head(loop, 33, 10), ...place, ...target), /leads forward|too long/);
  }
  // A record of a kind that nobody knows, full of pointers to the one before.
  const start = 19 + 12, chain = Array.from({ length: 200 }, (_, i) => pointer(i === 0 ? 12 : start + 2 * (i - 1)));
  const within = (hops: number) =>
    decodeReply(
      handmade(
        2,
        ...head(pointer(12), 99, 400),
        ...chain.flat(),
        ...head(pointer(start + 2 * (hops - 2)), 33, 10),
        ...place,
        ...target,
      ),
      7,
      "a",
      "SRV",
    );
  assert.deepEqual(within(127)?.services, services);
  assert.throws(() => within(128), /too many pointers/);
});

Deno.test("bytes that no host's name has are escaped, so that two names never look alike", () => {
  const targets = [[3, 97, 46, 98, 0], [1, 97, 1, 98, 0], [3, 27, 10, 200, 0], [1, 65, 0]];
  const records = targets.flatMap((
    target,
  ) => [...head(pointer(12), 33, 6 + target.length), 0, 1, 0, 2, 0, 80, ...target]);
  const reply = decodeReply(handmade(targets.length, ...records), 7, "a", "SRV");
  assert.deepEqual(reply?.services.map(({ target }) => target), ["a\\046b", "a.b", "\\027\\010\\200", "a"]);
});

Deno.test("what a truncated reply holds is not looked at, nor records that were not asked for", () => {
  const cut = handmade(3, ...head(pointer(12), 33, 300));
  assert.throws(() => decodeReply(cut, 7, "a", "SRV"), /too early/);
  cut[2] |= 2;
  assert.equal(decodeReply(cut, 7, "a", "SRV")?.truncated, true);
  const other = handmade(
    3,
    ...head(pointer(12), 33, 3, 3),
    1,
    2,
    3,
    ...head(pointer(12), 16, 2),
    200,
    1,
    ...head(pointer(12), 1, 2),
    1,
    2,
  );
  assert.deepEqual(decodeReply(other, 7, "a", "SRV")?.services, []);
});

Deno.test("a reply that has been damaged anywhere is read, or refused with a RangeError", () => {
  const records: DnsRecord[] = [
    { type: "CNAME", target: "real.example" },
    { type: "A", name: "real.example", address: "10.0.0.1" },
    { type: "SRV", priority: 1, weight: 2, port: 3, target: "x.example" },
    { type: "AAAA", address: "::1" },
  ];
  const whole = writeReply(readQuery(encodeQuery(7, "web.example", "A"), "tcp"), { records });
  const damage = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 4 }), fc.nat(whole.length), (all, length) => {
      const bytes = whole.slice(0, length);
      for (const { at, byte } of all) bytes[at] = byte;
      try {
        const reply = decodeReply(bytes, 7, "web.example", "A");
        for (const address of reply?.addresses ?? []) assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    parameters(3000),
  );
});

Deno.test("any bytes at all are read, or refused with a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      try {
        decodeReply(bytes, 0, "a", "SRV");
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    parameters(2000),
  );
});
