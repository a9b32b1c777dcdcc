import assert from "node:assert/strict";
import { channelState } from "../../tests/support/made_up_state.ts";
import { UNANSWERED } from "./troubles.ts";

const SINCE = "2026-01-01T00:00:00.000Z";
const HEALTH = { flapping: false, counter: 0, rise: 2, fall: 3, since: 30, stateSince: SINCE };
const LAST = { result: "L7STS", reason: "status 503", took: 2, age: 1 };
const ERROR = { result: "refused", reason: "connection refused", at: SINCE, age: 42 };

type Channel = Parameters<typeof channelState>[1];
const stateOf = (channel: Channel) => {
  const { state, level } = channelState(0, channel);
  return `${state} ${level}`;
};
const wordsOf = (channel: Channel) => channelState(0, channel).troubles.map(({ word }) => word);

Deno.test("the state of a channel is one word, with how bad it is", () => {
  assert.equal(stateOf({}), "up good");
  assert.equal(stateOf({ failing: true }), "failing bad");
  assert.equal(stateOf({ unanswered: UNANSWERED - 1 }), "up good");
  assert.equal(stateOf({ unanswered: UNANSWERED }), "no-answer bad");
  assert.equal(stateOf({ health: { ...HEALTH, flapping: true, state: "up", last: null } }), "flapping warn");
  assert.equal(stateOf({ maxc: 5, current: 5 }), "full warn");
  assert.equal(stateOf({ maxc: 5, current: 4 }), "up good");
  assert.equal(stateOf({ disabledBy: ["down"] }), "down bad");
  assert.equal(stateOf({ disabledBy: ["unresolved"] }), "unresolved bad");
  assert.equal(stateOf({ disabledBy: ["autodisable"] }), "disabled bad");
  assert.equal(stateOf({ disabledBy: ["operator"] }), "disabled wanted");
  assert.equal(stateOf({ disabledBy: ["maintenance"] }), "maint wanted");
  for (const party of ["drain", "weight"]) {
    assert.equal(stateOf({ disabledBy: [party], current: 1 }), "draining wanted");
    assert.equal(stateOf({ disabledBy: [party], current: 0 }), "drained wanted");
  }
  assert.equal(stateOf({ disabledBy: ["somebody new"] }), "disabled wanted");
});

Deno.test("what an operator wants comes first, then the worst", () => {
  const health = { ...HEALTH, state: "down", flapping: true, last: LAST };
  const all = { health, failing: true, unanswered: 9, maxc: 1, current: 1 };
  assert.deepEqual(wordsOf({ ...all, disabledBy: ["down", "drain", "operator"] }), [
    ...["disabled", "down", "failing", "no-answer", "flapping", "full", "draining"],
  ]);
  assert.deepEqual(wordsOf({ ...all, disabledBy: ["autodisable", "down"] }).slice(0, 2), ["down", "disabled"]);
  assert.deepEqual(wordsOf({ maxc: 1, current: 1, failing: true }), ["failing", "full"]);
});

Deno.test("an error of a channel that works again is told for an hour, and changes nothing of its state", () => {
  const told = (age: number) => channelState(0, { lastError: { ...ERROR, age } });
  assert.equal(stateOf({ lastError: ERROR }), "up good");
  assert.deepEqual(told(3_599).troubles, [
    { word: "failed", level: "past", what: "last failed connect", reason: ERROR.reason, since: null, at: SINCE },
  ]);
  assert.deepEqual(told(3_600).troubles, []);
});

Deno.test("a channel that its checks have brought up is no longer failing, although no client has tried it yet", () => {
  const failed = { failuresInARow: 3, failingSince: SINCE, lastError: ERROR }, later = "2026-01-01T00:00:09.000Z";
  const health = { ...HEALTH, state: "up", last: null };
  assert.equal(stateOf({ ...failed, health }), "failing bad", "it has not been down since");
  const up = { ...failed, health: { ...health, stateSince: later } };
  assert.equal(stateOf(up), "up good");
  assert.deepEqual(wordsOf(up), ["failed"]);
  assert.equal(stateOf({ ...up, failing: true }), "failing bad");
});

Deno.test("what is said does not grow older, but says since when it has been so", () => {
  const times = (channel: Channel) => channelState(0, channel).troubles.map(({ since, at }) => [since, at]);
  assert.deepEqual(times({ failing: true, failuresInARow: 2, failingSince: SINCE, lastError: ERROR }), [[
    SINCE,
    SINCE,
  ]]);
  assert.deepEqual(times({ failing: true, failuresInARow: 1, failingSince: SINCE, lastError: ERROR }), [[null, SINCE]]);
  assert.deepEqual(times({ unanswered: 9, unansweredSince: SINCE }), [[SINCE, null]]);
  assert.deepEqual(times({ disabledBy: ["down"], health: { ...HEALTH, state: "down", last: LAST } }), [[SINCE, null]]);
  const young = { disabledBy: ["down"], health: { ...HEALTH, state: "down", last: LAST, since: 1 } };
  const old = { disabledBy: ["down"], health: { ...HEALTH, state: "down", last: { ...LAST, age: 9 }, since: 99 } };
  assert.deepEqual(channelState(0, young).troubles, channelState(0, old).troubles);
});
