import assert from "node:assert/strict";
import { tokenIn } from "./requests.js";

Deno.test("page: a token in the address is taken as it is typed or encoded", () => {
  assert.equal(tokenIn("#token=0123456789abcdef"), "0123456789abcdef");
  assert.equal(tokenIn("#token=a%2Fb"), "a/b");
  assert.equal(tokenIn("#token=100%sure"), "100%sure");
  for (const hash of ["", "#", "#token=", "#other=1"]) assert.equal(tokenIn(hash), undefined);
});
