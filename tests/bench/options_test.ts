import assert from "node:assert/strict";
import { parseOptions, UsageError } from "./options.ts";

Deno.test("without options every engine takes part, with one thread and nine rounds", () => {
  const options = parseOptions([]);
  assert.deepEqual(options?.engines, ["portable", "linux"]);
  assert.deepEqual([options.threads, options.rounds, options.idle, options.beside], [1, 9, 9000, 9000]);
  assert.deepEqual(options.only, []);
});

Deno.test("a quick run is shorter in every respect, unless an option says otherwise", () => {
  const full = parseOptions([])!, quick = parseOptions(["--quick"])!;
  assert.ok(quick.rounds < full.rounds && quick.seconds < full.seconds && quick.beside < full.beside);
  assert.equal(parseOptions(["--quick", "--rounds", "5"])?.rounds, 5);
});

Deno.test("names are separated by commas", () => {
  assert.deepEqual(parseOptions(["--only", "idle,nginx"])?.only, ["idle", "nginx"]);
  assert.deepEqual(parseOptions(["--engine", "linux"])?.engines, ["linux"]);
});

Deno.test("an earlier version is named by its checkout", () => {
  assert.equal(parseOptions(["--before", "../old"])?.before, "../old");
  assert.equal(parseOptions([])?.before, undefined);
});

Deno.test("-h also shows the help", () => {
  assert.equal(parseOptions(["--help"]), undefined);
  assert.equal(parseOptions(["-h"]), undefined);
});

for (
  const [words, offender] of [
    [["--rounds", "0"], '"0"'],
    [["--rounds", "1.5"], '"1.5"'],
    [["--threads", "many"], '"many"'],
    [["--idle", "9001"], '"9001"'],
    [["--engine", "warp"], '"warp"'],
    [["--congestion", "a b"], '"a b"'],
    [["--fast"], "--fast"],
    [["extra"], "extra"],
  ] as const
) {
  Deno.test(`${words.join(" ")} is an error that names the word`, () => {
    assert.throws(
      () => parseOptions(words),
      (error: Error) => error instanceof UsageError && error.message.includes(offender),
    );
  });
}
