import assert from "node:assert/strict";
import { BY, END, ENDS, PARTIES, partyOf } from "./ends.ts";
import { RESULT, resultOf, RESULTS } from "./results.ts";

/** What a constant of numbers must be for a list of words. */
function numbered(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(words.map((word, i) => [word.replaceAll("-", "_").toUpperCase(), i]));
}

Deno.test("numbers of ends, parties and results are their places in the lists of words", () => {
  assert.deepEqual({ ...END }, numbered(ENDS));
  assert.deepEqual({ ...BY }, numbered(PARTIES));
  assert.deepEqual({ ...RESULT }, numbered(RESULTS));
});

Deno.test("each end has somebody who ends connections so", () => {
  assert.deepEqual(PARTIES[partyOf(END.IDLE)], "balance");
  assert.deepEqual(PARTIES[partyOf(END.REFUSED)], "channel");
  assert.deepEqual(PARTIES[partyOf(END.KILLED)], "operator");
  assert.deepEqual(PARTIES[partyOf(END.LOCAL)], "machine");
  assert.deepEqual(PARTIES[partyOf(END.LEFT_QUEUE)], "client");
});

Deno.test("a failed connect's result comes from its errno", () => {
  assert.deepEqual(RESULTS[resultOf("ECONNREFUSED")], "refused");
  assert.deepEqual(RESULTS[resultOf("ENETUNREACH")], "unreachable");
  assert.deepEqual(RESULTS[resultOf("ETIMEDOUT")], "timeout");
  assert.deepEqual(RESULTS[resultOf("EACCES")], "other");
  assert.deepEqual(RESULTS[resultOf(undefined)], "other");
});
