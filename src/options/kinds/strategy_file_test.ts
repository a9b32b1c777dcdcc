import assert from "node:assert/strict";
import { Refusal } from "./kind.ts";
import { strategyFile } from "./strategy_file.ts";

const kind = strategyFile();

Deno.test("a strategy's file has a name, and may have any path", () => {
  for (const word of ["few=./few.ts", "a=/b=c", "A-1.x_=C:\\x y.js"]) {
    const value = kind.read(word);
    assert.ok(!(value instanceof Refusal));
    assert.equal(kind.write(value), word);
    assert.deepEqual(kind.check(value, "x"), value);
  }
  assert.deepEqual(kind.read("a=/b=c"), { name: "a", file: "/b=c" });
});

Deno.test("a strategy's name may be neither taken nor misleading", () => {
  for (
    const [word, reason] of [
      ["few", /takes a name and a file/],
      ["few=", /takes a name and a file/],
      ["=few.js", /takes a name and a file/],
      ["", /takes a name and a file/],
      ["rr=x.js", /there is already a strategy rr/],
      ["stable=x.js", /there is already a strategy stable/],
      ["show=x.js", /there is already a control command show/],
      ["1=x.js", /begins with a letter/],
      ["a b=x.js", /begins with a letter/],
      [`${"a".repeat(65)}=x.js`, /begins with a letter/],
    ] as const
  ) {
    const value = kind.read(word);
    assert.ok(value instanceof Refusal, word);
    assert.match(value.reason, reason);
  }
  assert.throws(
    () => kind.check({ name: "rr", file: "x" }, "strategies[0]"),
    /strategies\[0\]\.name: it needs another name/,
  );
});
