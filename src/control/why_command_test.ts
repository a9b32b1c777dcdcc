import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import type { WhyChannelState, WhyState } from "../state/why_state.ts";
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
        { ...CHANNEL, reason: "disabled by the operator 3m ago", against: ["operator"] },
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

/** A session with a service of two ports, and what it has been asked. */
function asked(state: WhyState = STATE) {
  const plane = quietPlane(), questions: [client: string, question: WhyQuestion][] = [], session = { group: 0 };
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
    "  -   0 0 10.0.0.1:80     0     - disabled by the operator 3m ago",
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
    ["web", '"web" is no address: give that of a client, such as 192.0.2.1'],
    ["192.0.2", '"192.0.2" is no address: give that of a client, such as 192.0.2.1'],
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
