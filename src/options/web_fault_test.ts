import assert from "node:assert/strict";
import { processOptions } from "./values.ts";
import { webFault } from "./web_fault.ts";

const fault = (values: Parameters<typeof processOptions>[0]) => webFault(processOptions(values));

Deno.test("the page on loopback or a Unix socket needs no token", () => {
  for (const web of ["9100", "127.0.0.1:9100", "[::1]:9100", "localhost:9100", "/run/page"]) {
    assert.equal(fault({ web }), undefined, web);
  }
  assert.equal(fault({}), undefined);
});

Deno.test("the page on any other address needs one of the tokens, and tokens need a page", () => {
  for (const web of ["0.0.0.0:9100", "[::]:9100", "10.0.0.5:9100"]) {
    assert.match(fault({ web })!, /^option --web ".*" needs --web-token FILE or --web-admin FILE/);
    assert.equal(fault({ web, webToken: "x" }), undefined);
    assert.equal(fault({ web, webAdmin: "x" }), undefined);
  }
  assert.equal(fault({ webToken: "x" }), "option --web-token needs --web");
  assert.equal(fault({ webAdmin: "x", metrics: "9101" }), "option --web-admin needs --web");
});
