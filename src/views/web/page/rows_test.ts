import assert from "node:assert/strict";
import { channelState, instanceState, serviceState } from "../../../../tests/support/made_up_state.ts";
import { problemOf, problemText, statusOf, UNANSWERED } from "./channel_status.js";
import { filtered, rowsOf, sorted, tally, verdict } from "./rows.js";
import { UNANSWERED as told } from "../../../state/troubles.ts";

const health = { flapping: false, counter: 0, rise: 2, fall: 3, since: 30 };
const timedOut = { result: "L4TOUT", reason: "no answer within 2 s", took: 2000, age: 1 };
const refused = { result: "refused", reason: "connection refused", at: "2026-01-01T00:00:00Z", age: 42 };

Deno.test("page: each state of a channel has its word and says how bad that is", () => {
  const words = (more: Parameters<typeof channelState>[1]) => Object.values(statusOf(channelState(0, more))).join(" ");
  assert.equal(words({}), "up up");
  assert.equal(words({ failing: true }), "down failing");
  assert.equal(words({ maxc: 5, current: 5 }), "warn full");
  assert.equal(words({ health: { ...health, flapping: true, state: "up", last: null } }), "warn flapping");
  assert.equal(words({ health: { ...health, state: "down", last: null } }), "down down");
  assert.equal(words({ enabled: false, disabledBy: ["drain"], current: 3 }), "draining draining");
  assert.equal(words({ enabled: false, disabledBy: ["drain"], current: 0 }), "off drained");
  const off = ["operator", "maintenance", "unresolved", "down", "autodisable", "weight"];
  assert.deepEqual(off.map((by) => words({ enabled: false, disabledBy: [by] })), [
    ...["off disabled", "off maintenance", "down unresolved", "down down", "down auto-disabled", "off weight 0"],
  ]);
});

Deno.test("page: as many connections without an answer are told as in show", () => assert.equal(UNANSWERED, told));

Deno.test("page: a problem has its reason, and for how long it has been there", () => {
  const now = Date.parse("2026-01-01T00:05:00Z"),
    text = (more: Parameters<typeof channelState>[1]) =>
      problemText(problemOf(channelState(0, more), now), (seconds) => `${seconds} s`);
  assert.equal(text({}), "");
  assert.equal(text({ lastError: refused }), "connection refused, 42 s ago");
  assert.equal(
    text({ lastError: refused, failingSince: "2026-01-01T00:04:30Z", failuresInARow: 3 }),
    "connection refused, for 30 s, 3 in a row",
  );
  assert.equal(
    text({ health: { ...health, state: "down", last: timedOut } }),
    "L4TOUT: no answer within 2 s, for 30 s",
  );
  assert.equal(
    text({ unanswered: 12, unansweredSince: "2026-01-01T00:04:30Z" }),
    "no answer, for 30 s, the last 12 connections",
  );
  assert.equal(
    text({ disabledBy: ["operator"], disabledSince: "2026-01-01T00:04:00Z" }),
    "disabled by the operator, for 60 s",
  );
});

const state = instanceState([
  serviceState("web", [
    { group: 0, type: "RR", channels: [channelState(0, { name: "a" }), channelState(1, { name: "b", failing: true })] },
    { group: 1, type: "Hash", channels: [channelState(0, { name: "c", current: 99 })] },
  ]),
  serviceState("mail", [{ group: 0, type: "RR", channels: [channelState(10), channelState(9)] }]),
]);
const keys = (rows: readonly { key: string }[]) => rows.map(({ key }) => key);

Deno.test("page: rows are all channels, or those of one service", () => {
  assert.deepEqual(keys(rowsOf(state)), ["web/0/0", "web/0/1", "web/1/0", "mail/0/10", "mail/0/9"]);
  assert.deepEqual(keys(rowsOf(state, "mail")), ["mail/0/10", "mail/0/9"]);
});

Deno.test("page: a filter takes words that must occur, and with a minus words that must not", () => {
  const rows = rowsOf(state), found = (filter: string) => keys(filtered(rows, filter));
  assert.deepEqual(found(""), keys(rows));
  assert.deepEqual(found("FAILING web"), ["web/0/1"]);
  assert.deepEqual(found("web -failing"), ["web/0/0", "web/1/0"]);
  assert.deepEqual(found("group 1 c"), ["web/1/0"]);
  assert.deepEqual(found("nothing like that"), []);
});

Deno.test("page: a column sorts, numbers in names as numbers, and equals stay in their order", () => {
  const rows = rowsOf(state), by = (column: string, down = false) => keys(sorted(rows, { column, down }));
  assert.deepEqual(by("state")[0], "web/0/1");
  assert.deepEqual(by("current", true)[0], "web/1/0");
  assert.deepEqual(by("name").slice(0, 2), ["mail/0/9", "mail/0/10"]);
  assert.deepEqual(by("failed"), keys(rows));
});

Deno.test("page: the verdict names the worst", () => {
  const of = (...channels: ReturnType<typeof channelState>[]) =>
    verdict(rowsOf(instanceState([serviceState("web", [{ group: 0, type: "RR", channels }])]))).word;
  assert.equal(verdict(rowsOf(state)).word, "1 of 5 down");
  assert.equal(tally(rowsOf(state)).down, 1);
  assert.equal(of(channelState(0), channelState(1)), "all 2 up");
  assert.equal(of(channelState(0), channelState(1, { disabledBy: ["operator"] })), "all up but 1 off");
  assert.equal(of(channelState(0, { failing: true })), "no channel is up");
  assert.equal(of(channelState(0, { disabledBy: ["operator"] })), "all channels are off");
  assert.equal(of(channelState(0, { maxc: 1, current: 1 })), "1 of 1 in trouble");
  assert.equal(of(), "no channels");
});
