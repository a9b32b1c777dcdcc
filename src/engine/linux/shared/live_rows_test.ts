import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../../tests/fuzz/parameters.ts";
import { parseHost } from "../../../table/address.ts";
import { ROLE } from "./live_roles.ts";
import { LiveRows } from "./live_rows.ts";

const CLIENT = 7, SERVER = 9;
const IPV4 = parseHost("192.0.2.255").bytes, IPV6 = parseHost("2001:db8::ff").bytes;

/** Rows as two threads see them, with a client in its first stage. */
function begun(host = IPV4, role: number = ROLE.WAITING) {
  const live = LiveRows.create(16), other = LiveRows.attach(live.buffer);
  live.begin(CLIENT, [2 ** 50 + 1, 123_456_789.25], 2 ** 32 - 1, role, host, 65_535, 443);
  return { live, other };
}

function hostOf(live: LiveRows): Uint8Array {
  const host = new Uint8Array(16);
  live.copyHost(CLIENT, host);
  return host;
}

Deno.test("what is known of a client when it is accepted can be read by another thread", () => {
  for (const host of [IPV4, IPV6]) {
    const { other } = begun(host, ROLE.GREETING);
    assert.deepEqual([other.roleOf(CLIENT), other.idOf(CLIENT)], [ROLE.GREETING, 2 ** 50 + 1]);
    assert.deepEqual([other.serviceOf(CLIENT), other.acceptedOf(CLIENT)], [2 ** 32 - 1, 123_456_789.25]);
    assert.deepEqual([hostOf(other), other.portOf(CLIENT), other.localPortOf(CLIENT)], [host, 65_535, 443]);
    assert.deepEqual([other.channelSocketOf(CLIENT), other.hasPeer(CLIENT)], [0, false]);
  }
});

Deno.test("a client that a PROXY header names takes the place of its peer, which is kept, whatever their families", () => {
  for (const [peer, client] of [[IPV4, IPV4], [IPV4, IPV6], [IPV6, IPV4], [IPV6, IPV6]]) {
    const { live, other } = begun(peer, ROLE.GREETING), host = new Uint8Array(16);
    live.speaksFor(CLIENT, client, 4711);
    assert.deepEqual([hostOf(other), other.portOf(CLIENT), other.localPortOf(CLIENT)], [client, 4711, 443]);
    assert.deepEqual([other.hasPeer(CLIENT), other.copyPeer(CLIENT, host), host], [true, 65_535, peer]);
    live.waits(CLIENT);
    assert.deepEqual([other.hasPeer(CLIENT), hostOf(other)], [true, client]);
  }
});

Deno.test("a connection goes through its stages, and its numbers stand in both rows", () => {
  const { live, other } = begun();
  live.connects(CLIENT, SERVER, 4095, 1500);
  assert.deepEqual([other.roleOf(CLIENT), other.channelSocketOf(CLIENT)], [ROLE.CONNECTING, SERVER]);
  assert.deepEqual([other.channelOf(SERVER), other.connectMsOf(SERVER)], [4095, -1]);
  assert.equal(other.connectedOf(CLIENT, SERVER), -1);
  live.establish(CLIENT, SERVER, { connectMs: 2.5 }, [123_458_292]);
  assert.equal(other.roleOf(CLIENT), ROLE.ESTABLISHED);
  assert.equal(other.connectMsOf(SERVER), 2.5);
  assert.equal(other.connectedOf(CLIENT, SERVER), 123_458_292);
  assert.ok(Math.abs(other.queueMsOf(SERVER) - 1500) < 0.5);
  live.sent(SERVER, 2 ** 52);
  live.sent(SERVER, 1);
  assert.deepEqual([live.rcvd(SERVER, 3), live.rcvd(SERVER, 4)], [true, false]);
  const ms = new Float64Array(1);
  live.firstByte(CLIENT, SERVER, [123_458_299.25], ms);
  assert.equal(ms[0], 7.25);
  assert.deepEqual([other.upOf(SERVER), other.downOf(SERVER), other.firstByteMsOf(SERVER)], [2 ** 52 + 1, 7, 7.25]);
});

Deno.test("a channel's next client begins with nothing", () => {
  const { live } = begun();
  live.connects(CLIENT, SERVER, 5, 10);
  live.establish(CLIENT, SERVER, { connectMs: 1 }, [123_456_790]);
  live.sent(SERVER, 10);
  live.rcvd(SERVER, 10);
  live.end(SERVER);
  live.connects(CLIENT, SERVER, 5, -1);
  assert.deepEqual([live.upOf(SERVER), live.downOf(SERVER), live.queueMsOf(SERVER)], [0, 0, -1]);
  assert.deepEqual([live.connectMsOf(SERVER), live.firstByteMsOf(SERVER)], [-1, -1]);
});

Deno.test("a descriptor that another connection has got is not mistaken for the first", () => {
  const { live } = begun(), first = { fd: CLIENT, id: live.idOf(CLIENT) };
  assert.ok(live.has(first));
  live.end(CLIENT);
  assert.ok(!live.has(first));
  live.begin(CLIENT, [5, 1], 1, ROLE.WAITING, IPV4, 1, 1);
  assert.ok(!live.has(first) && live.has({ fd: CLIENT, id: 5 }));
  live.over(CLIENT);
  assert.ok(!live.has({ fd: CLIENT, id: 5 }));
});

Deno.test("when the client is gone, the channel's socket stands for the connection and is as old", () => {
  const { live } = begun(), id = live.idOf(CLIENT);
  live.connects(CLIENT, SERVER, 4095, -1);
  live.establish(CLIENT, SERVER, { connectMs: 1 }, [123_456_800]);
  live.over(CLIENT);
  live.remains(CLIENT, SERVER);
  live.end(CLIENT);
  assert.ok(live.has({ fd: SERVER, id }));
  assert.deepEqual([live.roleOf(SERVER), live.channelOf(SERVER), live.serviceOf(SERVER)], [
    ROLE.REMAINS,
    4095,
    2 ** 32 - 1,
  ]);
  assert.ok(Math.abs(live.remainsSince(SERVER) - 123_456_800) < 0.001);
});

Deno.test("a time in the queue is kept to two thousandths of it, or of a millisecond, up to 46 days", () => {
  const live = LiveRows.create(16);
  live.begin(CLIENT, [1, 0], 1, ROLE.WAITING, IPV4, 1, 1);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4e9, noNaN: true }), (ms) => {
      live.connects(CLIENT, SERVER, 1, ms);
      assert.ok(Math.abs(live.queueMsOf(SERVER) - ms) <= 0.0002 * (ms + 1) + 0.0001, `${ms} ${live.queueMsOf(SERVER)}`);
    }),
    parameters(1000),
  );
});
