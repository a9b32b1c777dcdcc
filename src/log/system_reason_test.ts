import assert from "node:assert/strict";
import { systemReason } from "./system_reason.ts";

const error = (code?: string) => Object.assign(new Error("it did\nnot work"), { code });

Deno.test("a code has its own words where it is used, or the same as everywhere", () => {
  assert.equal(systemReason(error("EACCES"), {}), "permission denied");
  assert.equal(systemReason(error("EACCES"), { EACCES: "not here" }), "not here");
  assert.equal(systemReason(error("EMFILE"), { EMFILE: "too many" }), "too many");
});

Deno.test("an error without words for its code shows its message, escaped", () => {
  for (const code of ["EXDEV", undefined]) assert.equal(systemReason(error(code), {}), "it did\\x0anot work");
});
