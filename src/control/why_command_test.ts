import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import type { RecordState } from "../state/record_state.ts";
import type { WhyChannelState, WhyState } from "../state/why_state.ts";
import { BY, END } from "../table/records/ends.ts";
import { Statistics } from "../table/statistics/statistics.ts";
import { execute } from "./commands.ts";
import type { WhyQuestion } from "./control_plane.ts";

const CHANNEL: WhyChannelState = {
  ...{ channel: 0, name: null, host: "a", address: "10.0.0.1:80", attempt: null, against: [], reason: "its turn" },
  ...{ before: false, rank: 1, chance: null, current: 0, maxc: 0, weight: 1, share: 1, rests: 0 },
};

const STATE: WhyState = {
  ...{ service: "web", client: "192.0.2.1", port: 80, says: null, outcome: "channel", then: "none" },
  entry: { allowed: true, refused: null, rule: null, proxy: false, reason: "", delays: [] },
  reason: "group 0 channel 1 (web2, 10.0.0.2:80): its turn",
  attempts: [{ group: 0, channel: 1, address: "10.0.0.2:80" }],
  groups: [
    {
      ...{ group: 0, type: "RR", usable: true, conditions: null, reason: "" },
      channels: [
        { ...CHANNEL, reason: "disabled by an operator for 3m", against: ["operator"] },
        { ...CHANNEL, channel: 1, name: "web2", attempt: 1, current: 1234, maxc: 5000 },
      ],
    },
    {
      ...{
        group: 4,
        type: "RR",
        usable: false,
        conditions: "port=81",
        reason: "only for clients with port=81, not 80",
      },
      channels: [CHANNEL],
    },
  ],
};

const RECORD: RecordState = {
  ...{ id: "2c", time: new Date(Date.now() - 12_000).toISOString(), service: "web", client: "[2001:db8::9]:40110" },
  ...{ peer: "10.0.0.1:5", port: 443, sni: "a.example", group: 0, channel: 1, name: "web2", address: "10.0.0.2:443" },
  attempts: [
    { group: 0, channel: 0, address: "10.0.0.1:443", result: "refused", reason: "connection refused", ms: 0.3 },
    { group: 2, channel: null, address: "", result: "timeout", reason: "no answer in time", ms: 5000 },
    { group: 0, channel: 1, address: "10.0.0.2:443", result: "connected", reason: "", ms: 0.4 },
  ],
  ...{ attemptCount: 5, queueMs: 1500, connectMs: 0.4, firstByteMs: 35, durationMs: 34_000, up: 1200, down: 56_000 },
  ...{ end: "channel-reset", by: "channel", reason: "the channel reset the connection" },
  now: { service: 12, group: 9, channel: -1, queue: 3 },
};

/** A session with a service of two ports, and what it has been asked. */
function asked(state: WhyState = STATE, connection?: (id: number) => Promise<RecordState | undefined>) {
  const plane = { ...quietPlane(), connection },
    questions: [client: string, question: WhyQuestion][] = [],
    session = { group: 0 };
  plane.services.splice(
    0,
    1,
    quietService("web", undefined, {
      ports: [{ first: 80, last: 81 }, { first: 443, last: 443 }],
      why: (client, question) => {
        questions.push([client, question]);
        return Promise.resolve(state);
      },
    }),
  );
  return { questions, say: async (line: string) => await execute(line, session, plane) };
}

Deno.test("why says what becomes of a client, what would be tried in that order, and then the rest", async () => {
  const { say, questions } = asked();
  assert.deepEqual((await say("why 192.0.2.1")).lines, [
    "192.0.2.1 to port 80 of service web comes in",
    "goes to group 0 channel 1 (web2, 10.0.0.2:80): its turn",
    "if that fails, it is turned away",
    "try GRP # channel         c  maxc why",
    "  1   0 1 web2        1,234 5,000 its turn",
    "  -   0 0 10.0.0.1:80     0     - disabled by an operator for 3m",
    "  -   4 - -                       only for clients with port=81, not 80",
  ]);
  assert.deepEqual(questions, [["192.0.2.1", {}]]);
});

Deno.test("why says why a client does not come in, or is turned away, and cannot forge a line", async () => {
  const entry = { ...STATE.entry, allowed: false, reason: "denied by --deny 192.0.2.0/24", delays: ["it is paused"] };
  const says = { proto: "tls", sni: "a\nb", alpn: ["h2"] };
  const { say } = asked({
    ...STATE,
    entry,
    says,
    outcome: "full",
    reason: "turned away: all",
    attempts: [],
    groups: [],
  });
  assert.deepEqual((await say("why 192.0.2.1")).lines, [
    "192.0.2.1 to port 80 of service web, asks for a\\x0ab, offers h2, is refused: denied by --deny 192.0.2.0/24",
    "it waits in the kernel's queue first: it is paused",
    "if it came in: turned away: all",
  ]);
});

Deno.test("why json is what the library says", async () => {
  const { say } = asked();
  assert.deepEqual(JSON.parse((await say("why ::1 json")).lines[0]), STATE);
});

Deno.test("why takes the address in the forms that logs have, and what the client says in any order", async () => {
  const { say, questions } = asked();
  for (
    const line of [
      ...["192.0.2.1:5555 81", "[2001:db8::1]:5555 json", "[::1] https sni a.example", "::1 alpn h2,http/1.1 sni b"],
      ...["::1 json proto ssh", "::1 443 proto tls alpn h2 json sni c"],
    ]
  ) assert.ok((await say(`why ${line}`)).ok, line);
  assert.deepEqual(questions, [
    ["192.0.2.1", { port: 81 }],
    ["2001:db8::1", {}],
    ["::1", { port: 443, sni: "a.example" }],
    ["::1", { alpn: ["h2", "http/1.1"], sni: "b" }],
    ["::1", { proto: "ssh" }],
    ["::1", { port: 443, proto: "tls", alpn: ["h2"], sni: "c" }],
  ]);
});

Deno.test("why names the word that is wrong", async () => {
  const { say, questions } = asked();
  const wrong: [line: string, reply: string][] = [
    ["a-b", '"a-b" is neither an address, such as 192.0.2.1, nor an id'],
    ["192.0.2", '"192.0.2" is neither an address, such as 192.0.2.1, nor an id'],
    ["web", "this process does not know its connections"],
    ["web 80", 'cannot use "80": after an id there can only be json'],
    ["web json 80", 'cannot use "80": after an id there can only be json'],
    ["::1 82", "port 82 is not the service's: it has ports 80-81, 443"],
    ["::1 json 80", 'cannot use "80": after the client comes its port, sni NAME, alpn A, proto P or json'],
    [
      "::1 sin a",
      'cannot use "sin": after the client comes its port, sni NAME, alpn A, proto P or json, did you mean sni?',
    ],
    ["::1 sni", "a word is missing after sni"],
    ["::1 sni a sni b", "sni is given twice"],
    ["::1 proto tsl", 'proto is tls, ssh, http or none, not "tsl", did you mean tls?'],
    ["::1 proto http alpn h2", "alpn is for TLS clients, but proto is http"],
  ];
  for (const [line, reply] of wrong) assert.deepEqual(await say(`why ${line}`), { ok: false, lines: [reply] }, line);
  assert.deepEqual((await say("why")).ok, false);
  assert.deepEqual(questions, []);
});

Deno.test("why with an id tells the story of a connection, and what would become of its client now", async () => {
  const ids: number[] = [],
    { say, questions } = asked(STATE, (id) => {
      ids.push(id);
      return Promise.resolve(RECORD);
    });
  const { lines } = await say("why 2c");
  assert.deepEqual(lines.map((line) => line.replace(/\b1[23]s ago/, "12s ago").replace(/4[67]s ago/, "46s ago")), [
    'connection 2c: [2001:db8::9]:40110 came to port 443 of service web, through 10.0.0.1:5, asked for "a.example" 46s ago',
    "  waited 1.5s in the queue",
    "  group 0 channel 0 (10.0.0.1:443): refused after 0.3ms, connection refused",
    "  a channel of group 2 that has been removed since: timeout after 5.0s, no answer in time",
    "  … 2 more attempts",
    "  group 0 channel 1 (web2, 10.0.0.2:443): connected after 0.4ms",
    "  first byte after 35ms; 1.2kB from the client, 56.0kB to it",
    "  ended after 34s, 12s ago, by the channel: channel-reset, the channel reset the connection",
    "  connections at that moment: 12 of the service, 9 of the group, 3 in the queue",
    "",
    "if this client came again now:",
    "  192.0.2.1 to port 80 of service web comes in",
    "  goes to group 0 channel 1 (web2, 10.0.0.2:80): its turn",
    "  if that fails, it is turned away",
    "  more: why 192.0.2.1 80",
  ]);
  assert.deepEqual(ids, [84]);
  assert.deepEqual(questions, [["2001:db8::9", { port: 443, sni: "a.example" }]]);
  assert.deepEqual(JSON.parse((await say("why 2c json")).lines[0]), { connection: RECORD, again: STATE });
});

Deno.test("the story of an open connection, and of one whose service is gone", async () => {
  const open: RecordState = {
    ...{ ...RECORD, attempts: [], attemptCount: 0, queueMs: null, firstByteMs: null, peer: null, sni: null },
    ...{ end: "open", by: "", reason: "", open: true, service: "gone" },
  };
  const { say } = asked(STATE, () => Promise.resolve(open));
  const { lines: [head, ...more] } = await say("why 1");
  assert.match(head, /^connection 2c: \[2001:db8::9\]:40110 came to port 443 of service gone 4\ds ago, still open$/);
  assert.deepEqual(more, [
    "  group 0 channel 1 (web2, 10.0.0.2:443): connected after 0.4ms",
    "  nothing came from the channel; 1.2kB from the client, 56.0kB to it",
    "  open for 34s",
    "  connections at that moment: 12 of the service, 9 of the group, 3 in the queue",
  ]);
  assert.equal(JSON.parse((await say("why 1 json")).lines[0]).again, null);
  const { say: ask } = asked(STATE, () => Promise.resolve(undefined));
  assert.match((await ask("why zz")).lines[0], /^"zz" is neither an open connection nor one of the last 1,000 /);
});

Deno.test("a channel that would be chosen although it does not answer is told so", async () => {
  const plane = quietPlane(), { groups } = plane, id = groups.idOf(0, 0);
  const lane = (groups.table.statistics = Statistics.create(1)).lane(0);
  const reason = async () => (await execute("why 192.0.2.1", { group: 0 }, plane)).lines[4];
  lane.firstByte(id, [1]);
  for (let i = 0; i < 5; i++) {
    assert.match(await reason(), / its turn$/);
    lane.ended(id, END.CLOSED, BY.CLIENT, 10, 9, 5, 0, performance.now());
  }
  assert.match(await reason(), / its turn, but no answer for \d+s: the last 5 connections$/);
});
