import assert from "node:assert/strict";
import { channelState, instanceState, serviceState } from "../../../../tests/support/made_up_state.ts";
import { ageText } from "../../../log/quantities.ts";
import { troubleText } from "../../../state/trouble_text.ts";
import { problemOf, statusOf } from "./channel_status.js";
import { filtered, rowsOf, sorted, tally, verdict } from "./rows.js";

const health = {
  ...{ state: "down", flapping: false, counter: 0, rise: 2, fall: 3, since: 30, stateSince: "2026-01-01T00:04:30Z" },
  last: { result: "L4TOUT", reason: "no answer within 2 s", took: 2000, age: 1 },
};
const refused = { result: "refused", reason: "connection refused", at: "2026-01-01T00:00:00Z", age: 42 };

Deno.test("page: each state of a channel has its word and looks as bad as it is", () => {
  const shown = (more: Parameters<typeof channelState>[1]) => Object.values(statusOf(channelState(0, more))).join(" ");
  assert.equal(shown({}), "up up");
  assert.equal(shown({ failing: true }), "down failing");
  assert.equal(shown({ unanswered: 5 }), "down no-answer");
  assert.equal(shown({ maxc: 5, current: 5 }), "warn full");
  assert.equal(shown({ disabledBy: ["drain"], current: 3 }), "draining draining");
  assert.equal(shown({ disabledBy: ["drain"], current: 0 }), "off drained");
  const off = ["operator", "maintenance", "unresolved", "down", "autodisable"];
  assert.deepEqual(off.map((by) => shown({ disabledBy: [by] })), [
    ...["off disabled", "off maint", "down unresolved", "down down", "down disabled"],
  ]);
});

Deno.test("page: troubles read as they do on a terminal", () => {
  const now = Date.parse("2026-01-01T00:05:00Z"), since = "2026-01-01T00:04:30Z", at = "2026-01-01T00:04:18Z";
  const LONG_AGO = "2026-01-01T00:00:00Z";
  const troubles = [
    ...channelState(0, { lastError: { ...refused, at } }).troubles,
    ...channelState(0, { lastError: { ...refused, at }, failingSince: since, failuresInARow: 1 }).troubles,
    ...channelState(0, { lastError: { ...refused, at }, failingSince: since, failuresInARow: 3 }).troubles,
    ...channelState(0, { lastError: { ...refused, at: LONG_AGO }, failingSince: LONG_AGO, failuresInARow: 2 }).troubles,
    ...channelState(0, { health, disabledBy: ["down"], unanswered: 12, unansweredSince: since, maxc: 1 }).troubles,
    ...channelState(0, { disabledBy: ["operator", "unresolved"], disabledSince: since }).troubles,
  ];
  const problems = troubles.map((trouble) => problemOf(trouble, now, ageText));
  assert.deepEqual(problems.map(({ text }) => text), troubles.map((trouble) => troubleText(trouble, now)));
  assert.equal(problems[2].text, "failing for 30s: connection refused, 3 in a row");
  assert.deepEqual(problems.map(({ brief }) => brief), [
    problems[0].text,
    problems[1].text,
    "30s: connection refused, 3 in a row",
    "5m: connection refused, 2 in a row, the last 5m ago",
    "30s: L4TOUT, no answer within 2 s",
    "30s: the last 12 connections",
    "12 of 1 connections",
    problems[7].text,
    problems[8].text,
  ]);
  assert.equal(problems[3].text, "failing for 5m: connection refused, 2 in a row, the last 5m ago");
  assert.deepEqual(problems.map(({ seconds }) => seconds), [42, 42, 30, 300, 30, 30, null, 30, null]);
  assert.deepEqual(problems.map(({ now }) => now), [false, ...problems.slice(1).map(() => true)]);
});

const state = instanceState([
  serviceState("web", [
    { group: 0, type: "RR", channels: [channelState(0, { name: "a" }), channelState(1, { name: "b", failing: true })] },
    { group: 1, type: "Hash", channels: [channelState(0, { name: "cc", current: 99 })] },
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
  assert.deepEqual(found("group 1 cc"), ["web/1/0"]);
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
  const all = (channels: ReturnType<typeof channelState>[], held: boolean) =>
    verdict(rowsOf(instanceState([serviceState("web", [{ group: 0, type: "RR", channels }])])), held).word;
  const of = (...channels: ReturnType<typeof channelState>[]) => all(channels, false);
  assert.equal(verdict(rowsOf(state), false).word, "1 failing of 5");
  assert.equal(tally(rowsOf(state)).down, 1);
  assert.equal(of(channelState(0), channelState(1)), "all 2 up");
  assert.equal(of(channelState(0), channelState(1, { disabledBy: ["operator"] })), "all up but 1 disabled");
  assert.equal(of(channelState(0, { failing: true })), "no channel is up");
  assert.equal(of(channelState(0, { disabledBy: ["operator"] })), "all channels are off");
  assert.equal(of(channelState(0, { maxc: 1, current: 1 })), "1 full of 1");
  assert.equal(of(), "no channels");
  assert.equal(all([channelState(0)], true), "new clients wait");
  assert.equal(all([channelState(0), channelState(1, { failing: true })], true), "1 failing of 2, new clients wait");
});
