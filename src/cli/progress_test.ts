import assert from "node:assert/strict";
import { questionOf } from "./progress.ts";

Deno.test("a command that waits is asked after in a form that does not", () => {
  assert.equal(questionOf("drain 3 60"), "wait 3 idle 0");
  assert.equal(questionOf(" dr web1  60 "), "wait web1 idle 0");
  assert.equal(questionOf("wait 0 up 5"), "wait 0 up 0");
  assert.equal(questionOf("wait 0 idle"), "wait 0 idle 0");
  assert.equal(questionOf("wa idle 7"), "wait idle 0");
});

Deno.test("a command that does not wait has no progress", () => {
  for (const command of ["drain 0", "shut 0", "show", "nonsense", ""]) assert.equal(questionOf(command), undefined);
});
