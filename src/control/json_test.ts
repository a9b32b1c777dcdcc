import assert from "node:assert/strict";
import { toJson } from "./json.ts";

Deno.test("counters beyond 2^53 stay exact in JSON, on one line", () => {
  const text = toJson({ sent: 2n ** 63n + 1n, list: [0n, 1], name: "a\nb", none: null });
  assert.equal(text, String.raw`{"sent":9223372036854775809,"list":[0,1],"name":"a\nb","none":null}`);
});

Deno.test("JSON holds no character that could steer a terminal, and stays the same value", () => {
  const name = "\x1b[31m\u0085\u009b\u202e\u2028\ufeff\u{e0001}é";
  const text = toJson({ name });
  assert.match(text, /^[ -~é]+$/);
  assert.deepEqual(JSON.parse(text), { name });
});
