import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { parseHost } from "../address.ts";
import { NONE } from "../channel_id.ts";
import { Attempts } from "./attempts.ts";
import { BY, type ByNumber, END, type EndNumber, ENDS, PARTIES } from "./ends.ts";
import { RecordRings } from "./record_rings.ts";
import { RESULT, type ResultNumber, RESULTS } from "./results.ts";
import type { ConnectionRecord, RecordedEndpoint } from "./connection_record.ts";
import { ipv4Of } from "./stored_endpoint.ts";

const ADDRESS = parseHost("192.0.2.7").bytes;

/** Writes a record that says little. Returns what `commit` did, undefined if the ring was full. */
function write(rings: RecordRings, lane: number, id: number): boolean | undefined {
  const writer = rings.ring(lane), fields = writer.begin();
  if (fields === undefined) return undefined;
  fields.connection(id, 1, 0, 80);
  fields.client(ADDRESS, id);
  fields.end(END.IDLE, BY.BALANCE);
  return writer.commit();
}

/** Ids of the records that there are. */
function taken(rings: RecordRings, most?: number): number[] {
  const ids: number[] = [];
  rings.take(({ id }) => ids.push(id), most);
  return ids;
}

Deno.test("a record has every field that was written", () => {
  const rings = RecordRings.create(1), writer = RecordRings.attach(rings.buffer).ring(0), fields = writer.begin()!;
  const attempts = new Attempts();
  attempts.add(3, RESULT.REFUSED, 111, 0.5);
  attempts.add(5, RESULT.CONNECTED, 0, 2);
  fields.connection(17, 4, 1000.25, 443);
  fields.client(ADDRESS, 40_000);
  fields.peer(parseHost("2001:db8::1").bytes, 50_000);
  fields.times(1.5, 2, 3.25, 100);
  fields.bytes(2 ** 40, 7);
  fields.channel(5, 2);
  fields.end(END.CHANNEL_RESET, BY.CHANNEL, 104);
  fields.now(9, 8, 7, 6);
  fields.attempts(attempts);
  fields.sni("www.example.com");
  writer.commit();
  const records: ConnectionRecord[] = [];
  const plain = (endpoint?: RecordedEndpoint) => endpoint && { address: endpoint.address, port: endpoint.port };
  rings.take((record) => records.push({ ...record, client: plain(record.client)!, peer: plain(record.peer) }));
  assert.deepEqual(records, [{
    id: 17,
    service: 4,
    accepted: 1000.25,
    queueMs: 1.5,
    connectMs: 2,
    firstByteMs: 3.25,
    durationMs: 100,
    up: 2 ** 40,
    down: 7,
    channel: 5,
    incarnation: 2,
    end: "channel-reset",
    by: "channel",
    detail: 104,
    client: { address: ADDRESS, port: 40_000 },
    peer: { address: parseHost("2001:db8::1").bytes, port: 50_000 },
    localPort: 443,
    sni: "www.example.com",
    attempts: [
      { channel: 3, result: "refused", errno: 111, ms: 0.5 },
      { channel: 5, result: "connected", errno: 0, ms: 2 },
    ],
    attemptCount: 2,
    now: { service: 9, group: 8, channel: 7, queue: 6 },
  }]);
});

Deno.test("what is not written is not there, whatever was in its place before", () => {
  const rings = RecordRings.create(1, 1), writer = rings.ring(0), full = writer.begin()!;
  full.peer(ADDRESS, 1);
  full.times(1, 1, 1, 1);
  full.channel(5, 2);
  full.sni("a");
  full.attempt(0, 5, RESULT.OTHER, 1, 1);
  full.now(1, 1, 1, 1);
  writer.commit();
  taken(rings);
  write(rings, 0, 3);
  rings.take((record) => {
    const { peer, sni, attempts, attemptCount, channel, queueMs, connectMs, firstByteMs, durationMs, up, now } = record;
    assert.deepEqual({ peer, sni, attempts, attemptCount, channel }, {
      peer: undefined,
      sni: undefined,
      attempts: [],
      attemptCount: 0,
      channel: NONE,
    });
    assert.deepEqual([queueMs, connectMs, firstByteMs, durationMs, up], [-1, -1, -1, -1, 0]);
    assert.deepEqual(now, { service: -1, group: -1, channel: -1, queue: -1 });
  });
});

Deno.test("a connection whose first attempt succeeded has that one attempt", () => {
  const rings = RecordRings.create(1), writer = rings.ring(0), fields = writer.begin()!;
  fields.channel(5, 1);
  fields.times(-1, 0.25, -1, 3);
  writer.commit();
  rings.take(({ attempts, attemptCount }) => {
    assert.deepEqual(attemptCount, 1);
    assert.deepEqual(attempts, [{ channel: 5, result: "connected", errno: 0, ms: 0.25 }]);
  });
});

Deno.test("of many attempts, the first seven and the last are known", () => {
  const rings = RecordRings.create(1), writer = rings.ring(0), attempts = new Attempts();
  for (let i = 0; i < 20; i++) attempts.add(i, RESULT.TIMEOUT, 0, i);
  assert.deepEqual(attempts.lastFault?.channel, 19);
  writer.begin()!.attempts(attempts);
  writer.commit();
  rings.take((record) => {
    assert.deepEqual(record.attemptCount, 20);
    assert.deepEqual(record.attempts.map(({ channel }) => channel), [0, 1, 2, 3, 4, 5, 6, 19]);
  });
});

Deno.test("a server name that is too long is cut", () => {
  const rings = RecordRings.create(1), writer = rings.ring(0);
  writer.begin()!.sni("a".repeat(63) + "bc");
  writer.commit();
  rings.take(({ sni }) => assert.deepEqual(sni, "a".repeat(63) + "b"));
});

Deno.test("records come in the order in which they were written, round and round", () => {
  const rings = RecordRings.create(1, 4);
  for (let id = 0; id < 30; id += 3) {
    for (let i = 0; i < 3; i++) assert.ok(write(rings, 0, id + i) !== undefined);
    assert.deepEqual(taken(rings), [id, id + 1, id + 2]);
  }
});

Deno.test("a full ring loses new records and counts them; other rings go on", () => {
  const rings = RecordRings.create(2, 4);
  for (let id = 0; id < 6; id++) write(rings, 0, id);
  write(rings, 1, 10);
  assert.deepEqual(rings.lost(), 2);
  assert.deepEqual(taken(rings), [0, 1, 2, 3, 10]);
  assert.deepEqual(write(rings, 0, 7), true);
  assert.deepEqual(rings.lost(), 2);
  assert.deepEqual(taken(rings), [7]);
});

Deno.test("minor records leave three quarters of the ring to others", () => {
  const rings = RecordRings.create(1, 8), writer = rings.ring(0);
  for (let i = 0; i < 5; i++) if (writer.beginMinor() !== undefined) writer.commit();
  assert.deepEqual(rings.lost(), 3);
  for (let i = 0; i < 6; i++) write(rings, 0, i);
  assert.deepEqual(taken(rings).length, 8);
});

Deno.test("main is told once, and again after it has looked", () => {
  const rings = RecordRings.create(2);
  assert.deepEqual([write(rings, 0, 1), write(rings, 0, 2), write(rings, 1, 3)], [true, false, false]);
  taken(rings);
  assert.deepEqual([write(rings, 1, 4), write(rings, 0, 5)], [true, false]);
});

Deno.test("main can take a part, and is not told while it knows that there is more", () => {
  const rings = RecordRings.create(2);
  for (let id = 0; id < 3; id++) write(rings, id % 2, id);
  assert.deepEqual(taken(rings, 2), [0, 2]);
  assert.deepEqual(write(rings, 0, 3), false);
  assert.deepEqual(taken(rings, 2), [3, 1]);
  assert.deepEqual(taken(rings, 2), []);
  assert.deepEqual(write(rings, 0, 4), true);
});

Deno.test("ids are unique over threads, and over those that write one after the other", () => {
  const rings = RecordRings.create(3), ids: number[] = [];
  for (let lane = 0; lane < 3; lane++) {
    for (let i = 0; i < 100; i++) ids.push(RecordRings.attach(rings.buffer).ring(lane).nextId());
  }
  assert.deepEqual(new Set(ids).size, 300);
  assert.ok(ids.every((id) => id > 0));
});

Deno.test("there are rings for 1 to 16 threads, and their room is a power of two", () => {
  assert.throws(() => RecordRings.create(0), { name: "RangeError", message: /0 lanes/ });
  assert.throws(() => RecordRings.create(17), { name: "RangeError", message: /17 lanes/ });
  assert.throws(() => RecordRings.create(1, 3), { name: "RangeError", message: /capacity 3/ });
});

Deno.test("whatever is written is read again, also from places that were used before", () => {
  const rings = RecordRings.create(1, 2),
    byte = fc.nat(255),
    writer = rings.ring(0),
    address = fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.tuple(byte, byte, byte, byte).map((parts) => parseHost(parts.join(".")).bytes),
    );
  const time = fc.double({ noNaN: true }), word = fc.integer({ min: -1, max: 2 ** 31 - 1 }), port = fc.nat(65_535);
  const record = fc.record({
    times: fc.tuple(time, time, time, time),
    bytes: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()),
    now: fc.tuple(word, word, word, word),
    client: fc.tuple(address, port),
    peer: fc.option(fc.tuple(address, port)),
    channel: fc.tuple(fc.nat(4095), word),
    end: fc.tuple(fc.nat(ENDS.length - 1), fc.nat(PARTIES.length - 1), fc.nat(1000)),
    attempts: fc.array(fc.tuple(fc.nat(4095), fc.nat(RESULTS.length - 1), fc.nat(1000), fc.nat(1 << 20)), {
      minLength: 1,
      maxLength: 12,
    }),
    sni: fc.option(fc.string({ unit: fc.constantFrom(..."abc.-_09"), minLength: 1, maxLength: 80 })),
  });
  fc.assert(
    fc.property(record, ({ times, bytes, now, client, peer, channel, end, attempts, sni }) => {
      const fields = writer.begin()!, list = new Attempts();
      for (const [id, result, errno, ms] of attempts) list.add(id, result as ResultNumber, errno, ms);
      fields.times(...times);
      fields.bytes(...bytes);
      fields.now(...now);
      fields.client(...client);
      if (peer !== null) fields.peer(...peer);
      fields.channel(...channel);
      fields.end(end[0] as EndNumber, end[1] as ByNumber, end[2]);
      fields.attempts(list);
      if (sni !== null) fields.sni(sni);
      writer.commit();
      rings.take((read) => {
        assert.deepEqual([read.queueMs, read.connectMs, read.firstByteMs, read.durationMs], times);
        assert.deepEqual([read.up, read.down], bytes);
        assert.deepEqual(Object.values(read.now), now);
        assert.deepEqual([read.client.address, read.client.port], client);
        assert.equal(ipv4Of(read.client), ipv4Of({ address: client[0], port: client[1] }));
        assert.deepEqual(read.peer && [read.peer.address, read.peer.port], peer ?? undefined);
        assert.deepEqual([read.channel, read.incarnation], channel);
        assert.deepEqual([read.end, read.by, read.detail], [ENDS[end[0]], PARTIES[end[1]], end[2]]);
        assert.equal(read.sni, sni?.slice(0, 64));
        const kept = attempts.length > 8 ? [...attempts.slice(0, 7), attempts.at(-1)!] : attempts;
        assert.deepEqual(
          read.attempts.map(({ channel, result, errno, ms }) => [channel, RESULTS.indexOf(result), errno, ms]),
          kept,
        );
        assert.equal(read.attemptCount, attempts.length);
      });
    }),
    parameters(200),
  );
});
