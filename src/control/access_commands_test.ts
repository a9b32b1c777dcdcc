import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import type { AccessState } from "../access/access_state.ts";
import { REFUSALS } from "../table/clients/refusals.ts";
import { execute } from "./commands.ts";

type Counts = AccessState["refused"];

function setUp() {
  const plane = quietPlane(), session = { group: 0 };
  return { plane, say: (line: string) => execute(line, session, plane) };
}

Deno.test("deny and allow make rules, which show access lists, the newest first", async () => {
  const { say, plane } = setUp();
  assert.deepEqual(await say("deny 203.0.113.0/24"), { ok: true, lines: ["203.0.113.0/24 denied"] });
  assert.deepEqual((await say("allow 203.0.113.7,2001:db8::/32 600")).lines, [
    "203.0.113.7, 2001:db8::/32 allowed for 600 s",
  ]);
  assert.deepEqual((await say("show access")).lines, [
    "from      action  networks        hits   left",
    "operator  allow   2001:db8::/32      0  600 s",
    "operator  allow   203.0.113.7        0  600 s",
    "operator  deny    203.0.113.0/24     0      -",
    "          allow   all others",
    "refused: nobody",
  ]);
  const { lines: [json] } = await say("show access json"), state = JSON.parse(json);
  assert.deepEqual(state.operators.map(({ action, network }: Record<string, unknown>) => [action, network]), [
    ["allow", "2001:db8::/32"],
    ["allow", "203.0.113.7"],
    ["deny", "203.0.113.0/24"],
  ]);
  assert.equal(plane.changes.length, 2);
  await say("unban all");
});

Deno.test("deny all denies both families, and unban ends what lies within a network", async () => {
  const { say } = setUp();
  assert.deepEqual((await say("deny all")).lines, ["all clients denied"]);
  assert.deepEqual((await say("allow 10.0.0.1")).lines, ["10.0.0.1 allowed"]);
  assert.deepEqual((await say("unban 10.0.0.0/8")).lines, ["1 rule ended; 0.0.0.0/0 is denied"]);
  assert.deepEqual(await say("unban 10.0.0.1"), {
    ok: false,
    lines: ["no operator has made a rule for 10.0.0.1; 0.0.0.0/0 is denied"],
  });
  assert.deepEqual((await say("unban all")).lines, ["2 rules ended"]);
  assert.deepEqual((await say("unban all")).lines, ["0 rules ended"]);
  assert.deepEqual(await say("unban 10.0.0.1"), { ok: false, lines: ["no operator has made a rule for 10.0.0.1"] });
});

Deno.test("words that are wrong are named, and change nothing", async () => {
  const { say, plane } = setUp();
  const refusals: readonly [string, string][] = [
    ["deny web1", 'invalid network: "web1" is not a numeric address'],
    ["deny 10.0.0.1/8", 'invalid network: "10.0.0.1/8" has bits set behind its prefix, did you mean 10.0.0.0/8?'],
    ["allow @/etc/passwd", 'invalid network "@/etc/passwd": files are for the options --allow and --deny'],
    ["deny 10.0.0.1 0", 'invalid time "0": give 1 to 2147483647 seconds'],
    ["deny \x1b[2J", 'invalid network: "\\x1b[2J" is not a numeric address'],
    ["unban 10.0.0.1,", 'invalid network: "10.0.0.1," has an empty part'],
    ["deny 10.0.0.1 soon", "syntax error"],
    ["deny", "syntax error"],
    ["show access x", 'give json or nothing in place of "x"'],
    ["show access", 'service "8080" serves all clients: it has no access rules'],
  ];
  for (const [line, message] of refusals) assert.deepEqual(await say(line), { ok: false, lines: [message] }, line);
  assert.deepEqual(plane.changes, []);
  assert.equal(plane.services[0].access, undefined);
});

Deno.test("show json has who may come in only where there is something to say", async () => {
  const { say } = setUp(), access = async () => JSON.parse((await say("show json")).lines[0]).services[0].access;
  assert.equal(await access(), undefined);
  await say("deny 10.0.0.1");
  const { operators: [rule], refused, dryRun, otherwise } = await access();
  assert.deepEqual(rule, { action: "deny", network: "10.0.0.1", hits: 0, left: null });
  assert.deepEqual([refused.operator, dryRun, otherwise], [0, false, "allow"]);
});

Deno.test("show access tells those that were refused from those that a dry run has spared", async () => {
  const plane = quietPlane(), none = { ...Object.fromEntries(REFUSALS.map((reason) => [reason, 0])) } as Counts;
  const access = async (more: Partial<AccessState>) => {
    const state = {
      ...{ dryRun: false, operators: [], otherwise: "allow", refused: none, spared: none, uncounted: 0, paced: 0 },
      ...{ rules: [{ action: "deny", networks: "@a\x1b", hits: 3 }], ...more },
    };
    plane.services = [quietService("8080", plane.groups, { access: state })];
    return (await execute("show access", { group: 0 }, plane)).lines.slice(1);
  };
  const table = ["option  deny    @a\\x1b         3     -", "        allow   all others"];
  assert.deepEqual(await access({ refused: { ...none, denied: 3, rate: 1 } }), [
    ...table,
    "refused: 3, denied by the access list",
    "refused: 1, over --rate-per-client",
  ]);
  assert.deepEqual(await access({ dryRun: true }), [...table, "dry run, would have refused: nobody"]);
  assert.deepEqual(
    await access({ dryRun: true, spared: { ...none, peer: 2 }, refused: { ...none, "proxy-header": 1 } }),
    [...table, "refused: 1, no valid PROXY header", "dry run, would have refused: 2, not in --allow-peer"],
  );
});
