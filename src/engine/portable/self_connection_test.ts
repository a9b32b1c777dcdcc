import assert from "node:assert/strict";
import { isSelf } from "./self_connection.ts";

Deno.test("a connection has met itself only if both its ends are the same", () => {
  const self = (far: string, host: string, port = 40_000) => isSelf({ host: far, port: 40_000 }, host, port);
  for (const host of ["127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"]) {
    assert.ok(self(host, host));
    assert.ok(!self(host, host, 40_001));
  }
  assert.ok(self("fe80::7%3", "fe80::7"));
  assert.ok(self("0.0.0.0", "127.0.0.1"));
  assert.ok(self("::", "::1"));
  assert.ok(!self("127.0.0.1", "127.0.0.2"));
});
