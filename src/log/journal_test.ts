import assert from "node:assert/strict";
import { isStream } from "./journal.ts";

for (
  const [value, same] of [
    ["9:131457", true],
    ["9:131458", false],
    ["8:131457", false],
    ["", false],
    ["9", false],
    ["9:131457:", false],
    ["garbage\x1b", false],
  ] as const
) {
  Deno.test(`JOURNAL_STREAM=${JSON.stringify(value)} ${same ? "names" : "does not name"} the stream 9:131457`, () => {
    assert.equal(isStream(value, 9n, 131457n), same);
  });
}
