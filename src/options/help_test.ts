import assert from "node:assert/strict";
import { helpText } from "./help.ts";
import { optionList, shownOptions } from "./option_records.ts";

Deno.test("the help fits on a screen and has every option on a line of its own", () => {
  const text = helpText("1.2.3", false), lines = text.split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
  assert.ok(lines.length <= 56, `${lines.length} lines`);
  for (const [, { name, short, kind: { metavar: value }, summary }] of shownOptions) {
    const head = `  ${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
    assert.equal(lines.filter((line) => line.startsWith(head) && line.endsWith(` ${summary}`)).length, 1, name);
  }
});

Deno.test("colour changes nothing but the looks", () => {
  const coloured = helpText("1.2.3", true), plain = helpText("1.2.3", false);
  assert.notEqual(coloured, plain);
  assert.equal(coloured.replaceAll(/\x1b\[\d+m/g, ""), plain);
  assert.doesNotMatch(plain, /\x1b/);
});

Deno.test("no two options share a letter", () => {
  const letters = optionList.flatMap(([, { short }]) => short ?? []);
  assert.equal(new Set(letters).size, letters.length);
});
