import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import type { FailuresState } from "../state/failures_state.ts";
import type { RecordState } from "../state/record_state.ts";
import { execute } from "./commands.ts";
import type { FailedQuery } from "./control_plane.ts";

function failure(more: Partial<RecordState> = {}): RecordState {
  return {
    id: "1a",
    time: new Date(Date.now() - 65_500).toISOString(),
    service: "8080",
    client: "192.0.2.1:5000",
    peer: null,
    port: 8080,
    sni: null,
    group: 0,
    channel: 1,
    address: "127.0.0.1:8002",
    attempts: [],
    attemptCount: 1,
    queueMs: null,
    connectMs: 0.3,
    firstByteMs: null,
    durationMs: 12_340,
    up: 120,
    down: 0,
    end: "channel-reset",
    by: "channel",
    reason: "the channel reset the connection",
    now: { service: 1, group: 1, channel: 1, queue: 0 },
    ...more,
  };
}

/** A process that remembers this, and what it was asked for. */
function remembering(state: Partial<FailuresState>) {
  const queries: FailedQuery[] = [], base = quietPlane();
  const plane = Object.assign(base, {
    failed: (query: FailedQuery) => {
      queries.push(query);
      return Promise.resolve({ failed: [], ended: {}, lost: 0, ...state });
    },
  });
  return { plane, queries, say: (line: string) => execute(line, { group: 0 }, plane) };
}

Deno.test("connections that failed are a table, and how many there were of each kind, the most frequent first", async () => {
  const refused = failure({
    ...{ id: "2b", group: null, channel: null, address: null, connectMs: null, durationMs: 5.5, up: 0 },
    attempts: [
      { group: 0, channel: 0, address: "127.0.0.1:8001", result: "refused", reason: "connection refused", ms: 1 },
      { group: 1, channel: null, address: "", result: "refused", reason: "connection refused", ms: 1 },
    ],
    ...{ end: "refused", reason: "the last channel that was tried refused the connection" },
  });
  const denied = failure({ group: null, channel: null, address: null, end: "denied", reason: "bad\x1b[31m\nwords" });
  const { say } = remembering({
    failed: [failure(), refused, denied],
    ended: { idle: 2, denied: 12_000 },
    lost: 1_234,
  });
  const { ok, lines } = await say("show failed");
  assert.ok(ok);
  assert.deepEqual(
    lines,
    [
      "  ago  id  client          GRP  #  address         after  sent  rcvd  end            why",
      "1m 5s  1a  192.0.2.1:5000    0  1  127.0.0.1:8002    12s  120B    0B  channel-reset  the channel reset the connection",
      "1m 5s  2b  192.0.2.1:5000    1  -  -               5.5ms    0B    0B  refused        the last channel that was tried refused the connection",
      "1m 5s  1a  192.0.2.1:5000    -  -  -                 12s  120B    0B  denied         bad\\x1b[31m\\x0awords",
      "12,002 connections failed since the start: 12,000 denied, 2 idle",
      "1,234 more were lost: they ended faster than they could be noted",
    ],
  );
});

Deno.test("with several services, each connection says whose it is", async () => {
  const { plane, say } = remembering({ failed: [failure({ service: "mail" })], ended: { idle: 1 } });
  plane.services.push(quietService("mail"));
  assert.match((await say("show failed")).lines[1], / 1a {2}mail {5}192\.0\.2\.1:5000 /);
});

Deno.test("a process without failures says so", async () => {
  assert.deepEqual((await remembering({}).say("show failed")).lines, ["no connection has failed"]);
  assert.deepEqual((await remembering({ ended: { idle: 3 } }).say("show failed")).lines, [
    "none of those that have failed is known any more",
  ]);
  assert.deepEqual((await remembering({ ended: { idle: 3 } }).say("show failed channel 1")).lines, [
    'of those that are known, none had channel "1" or tried it',
  ]);
  const { say } = remembering({ failed: [failure()], ended: { idle: 3 } });
  assert.equal(
    (await say("show failed channel 1")).lines.at(-1),
    "in all, 3 connections failed since the start: 3 idle",
  );
});

Deno.test("as JSON they are all there, on one harmless line", async () => {
  const state = { failed: [failure({ reason: "\x1b\u202e" })], ended: { idle: 1 }, lost: 0 };
  const { lines } = await remembering(state).say("show failed json");
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^[ -~]+$/);
  assert.deepEqual(JSON.parse(lines[0]), state);
});

for (
  const [line, most, channel] of [
    ["show failed", 20, undefined],
    ["show failed 5", 5, undefined],
    ["show failed 12345678901", 12_345_678_901, undefined],
    ["show failed json", undefined, undefined],
    ["show failed 7 json", 7, undefined],
    ["show failed channel 1", 20, 1],
    ["show failed channel 127.0.0.1:8001", 20, 0],
    ["show failed 3 channel 1 json", 3, 1],
  ] as const
) {
  Deno.test(`${line} asks for the last ${most ?? "of all"}${channel === undefined ? "" : ` of channel ${channel}`}`, async () => {
    const { say, queries, plane } = remembering({});
    assert.ok((await say(line)).ok);
    const [query] = queries;
    assert.equal(query.most, most);
    assert.equal(query.channel?.number, channel);
    if (channel !== undefined) assert.deepEqual([query.channel!.service, query.channel!.group], [plane.services[0], 0]);
  });
}

for (
  const [line, reply] of [
    ["show failed 0", 'invalid number of connections "0": give 1 or more'],
    ["show failed 5x", 'invalid number of connections "5x": give 1 or more'],
    ["show failed jason", 'give [N] [channel CH] [json], not "jason"'],
    ["show failed json 5", 'give [N] [channel CH] [json], not "5"'],
    ["show failed channel", "channel needs a channel: its number, name or address"],
    ["show failed channel 9", "no such channel 9"],
    ["show failed channel 1 json x\x1b", 'give [N] [channel CH] [json], not "x\\x1b"'],
  ]
) {
  Deno.test(`${JSON.stringify(line)} is refused`, async () => {
    const { ok, lines } = await remembering({}).say(line);
    assert.deepEqual([ok, lines], [false, [reply]]);
  });
}

Deno.test("a process that does not remember them says so", async () => {
  const { ok, lines } = await execute("show failed", { group: 0 }, quietPlane());
  assert.deepEqual([ok, lines], [false, ["this process does not remember which connections failed"]]);
});

Deno.test("other words of show take no more words than before", async () => {
  const { say } = remembering({});
  for (const line of ["show json x", "show access json x", "show clients 5 json", "show 8080 x y", "show config x"]) {
    assert.deepEqual((await say(line)).lines, ["syntax error"], line);
  }
});
