import assert from "node:assert/strict";
import { nearest } from "./nearest.ts";

const WORDS = ["--bind", "--idle-timeout", "--connect-timeout", "--foreground", "--list"];

Deno.test("a wrong letter, a swap and the start of a word find the word that was meant", () => {
  for (
    const [word, meant] of [
      ["--bnd", "--bind"],
      ["--bnid", "--bind"],
      ["--binds", "--bind"],
      ["--lisst", "--list"],
      ["--idle", "--idle-timeout"],
      ["--conect-timeout", "--connect-timeout"],
      ["--foreground", "--foreground"],
    ]
  ) assert.equal(nearest(word, WORDS), meant);
});

Deno.test("a word that is near no other finds nothing", () => {
  for (const word of ["--xyzzy", "--something-else", "", "x".repeat(100_000)]) {
    assert.equal(nearest(word, WORDS), undefined, word.slice(0, 20));
  }
});
