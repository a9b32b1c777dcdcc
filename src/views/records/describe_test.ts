import assert from "node:assert/strict";
import { connectionRecord } from "../../../tests/support/connection_record.ts";
import { Groups } from "../../groups/groups.ts";
import { parseHost } from "../../table/address.ts";
import { channelId, NONE } from "../../table/channel_id.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { ENDS } from "../../table/records/ends.ts";
import { RESULTS } from "../../table/records/results.ts";
import { Table } from "../../table/table.ts";
import { connectionId, describeRecord, endedAt, isoTime, parseConnectionId } from "./describe.ts";
import { describeOpen } from "./describe_open.ts";
import { attemptReason } from "../../table/records/attempt_reason.ts";
import { endReason } from "./reasons.ts";

const ended = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Two channels, the second with a name and the port of the client. */
function groups(): Groups {
  const groups = new Groups(Table.create(1));
  groups.add(0, { host: "web1.example", address: { host: "10.0.0.1", port: 80 } });
  groups.add(0, { host: "web2.example", address: { host: "2001:db8::2", port: 0 }, name: "two" });
  return groups;
}

function record(table: Table, more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  const channel = channelId(0, 1);
  return connectionRecord({
    ...{ id: 16 * 36 + 3, connectMs: 1.23456, durationMs: 20.5, up: 10, down: 20, by: "channel" },
    channel,
    incarnation: table.incarnation(channel),
    attempts: [
      { channel: channelId(0, 0), result: "refused", errno: 111, ms: 0.25 },
      { channel, result: "connected", errno: 0, ms: 1.23456 },
    ],
    attemptCount: 2,
    now: { service: 3, group: 2, channel: 1, queue: 0 },
    ...more,
  });
}

Deno.test("a record has names, addresses and words in place of numbers", () => {
  const service = { name: "web", groups: groups() };
  assert.deepEqual(describeRecord(record(service.groups.table), service, ended), {
    id: "g3",
    time: "2026-01-02T03:04:05.678Z",
    service: "web",
    client: "192.0.2.1:5000",
    peer: null,
    port: 443,
    sni: null,
    group: 0,
    channel: 1,
    name: "two",
    address: "[2001:db8::2]:443",
    attempts: [
      { group: 0, channel: 0, address: "10.0.0.1:80", result: "refused", reason: "connection refused", ms: 0.25 },
      { group: 0, channel: 1, address: "[2001:db8::2]:443", result: "connected", reason: "", ms: 1.235 },
    ],
    attemptCount: 2,
    queueMs: null,
    connectMs: 1.235,
    firstByteMs: null,
    durationMs: 20.5,
    up: 10,
    down: 20,
    end: "closed",
    by: "channel",
    reason: "the channel ended first",
    now: { service: 3, group: 2, channel: 1, queue: 0 },
  });
});

Deno.test("a client that a PROXY header names stands beside its peer, with the server name that it asked for", () => {
  const service = { name: "web", groups: groups() };
  const more = { peer: { address: parseHost("::1").bytes, port: 1 }, sni: "a.example" };
  const { client, peer, sni } = describeRecord(record(service.groups.table, more), service, ended);
  assert.deepEqual([client, peer, sni], ["192.0.2.1:5000", "[::1]:1", "a.example"]);
});

Deno.test("a channel that has been removed is called so, even if another one has its row by now", () => {
  const service = { name: "web", groups: groups() }, { table } = service.groups;
  for (const incarnation of [table.incarnation(channelId(0, 1)) + 1, table.incarnation(channelId(0, 1)) - 1]) {
    const { group, channel, name, address, attempts } = describeRecord(record(table, { incarnation }), service, ended);
    assert.deepEqual([group, channel, name, address], [0, null, "removed", null]);
    assert.deepEqual(attempts.map(({ channel, address }) => [channel, address]), [[0, "10.0.0.1:80"], [null, ""]]);
  }
});

Deno.test("a connection without a channel has none", () => {
  const service = { name: "web", groups: groups() };
  const more = {
    channel: NONE,
    connectMs: -1,
    end: "no-channel",
    by: "balance",
    attempts: [],
    attemptCount: 0,
  } as const;
  const state = describeRecord(record(service.groups.table, more), service, ended);
  assert.deepEqual([state.group, state.channel, state.address, state.connectMs], [null, null, null, null]);
  assert.equal(state.name, undefined);
});

Deno.test("a connection that lasts has the same fields, and says what it is doing", () => {
  const service = { name: "web", groups: groups() }, { table } = service.groups;
  const { id, client, peer, localPort, accepted, queueMs, connectMs, firstByteMs, up, down } = record(table);
  const open = { id, client, peer, localPort, accepted, queueMs, connectMs, firstByteMs, up, down };
  const state = describeOpen({ ...open, stage: "connecting", channel: channelId(0, 1) }, service, 7, 3500);
  const ended = describeRecord(record(table), service, Date.now());
  assert.deepEqual(Object.keys(state).filter((name) => name !== "open").sort(), Object.keys(ended).sort());
  assert.deepEqual([state.open, state.end, state.durationMs, state.now.service], [true, "open", 2500, 7]);
  assert.equal(state.reason, "connects to the channel");
});

Deno.test("an id is read back from its text, in either case, and nothing else is", () => {
  for (const id of [1, 35, 36, 16 * 36 + 3, Number.MAX_SAFE_INTEGER]) {
    assert.equal(parseConnectionId(connectionId(id)), id);
    assert.equal(parseConnectionId(connectionId(id).toUpperCase()), id);
  }
  for (const text of ["", "0", "-1", "1.5", " 1", "zzzzzzzzzzz", "1".repeat(12), "é"]) {
    assert.equal(parseConnectionId(text), undefined, text);
  }
});

Deno.test("the time of an end is worked out by the engine's clock, and never lies in the future", () => {
  const { table } = groups(), before = Date.now();
  const ago = (now: number) => Date.now() - endedAt(record(table), now);
  assert.ok(ago(1020.5) <= Date.now() - before);
  assert.ok(ago(2020.5) >= 1000);
  assert.ok(endedAt(record(table), 0) <= Date.now());
});

Deno.test("each end and each result has words of its own", () => {
  const ends = ENDS.map((end) => endReason(end, "client", -1));
  assert.equal(new Set(ends).size, ENDS.length);
  const results = RESULTS.map((result) => attemptReason(result, 0));
  assert.equal(new Set(results).size, RESULTS.length);
  for (const text of [...ends, ...results]) assert.match(text, /^[a-zA-Z :,-]*$/);
});

Deno.test("a refusal says which rule it was, and an unreachable channel why it is", () => {
  assert.equal(endReason("denied", "balance", 2), "denied by an operator");
  assert.equal(endReason("denied", "balance", 99), "the client may not come in");
  assert.equal(endReason("unreachable", "channel", 0), "the last channel that was tried could not be reached");
  assert.match(endReason("local", "machine", 24), /short of descriptors, ports or memory: \S/);
});

Deno.test("a time is written as Date writes it, whichever second was written before", () => {
  for (const time of [0, 7, 45, 999, 1000, 1_767_323_045_678, 1_767_323_045_001, 1_767_323_046_000, 59_999, -1]) {
    assert.equal(isoTime(time), new Date(time).toISOString());
  }
});
