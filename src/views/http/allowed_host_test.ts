import assert from "node:assert/strict";
import { isLoopback } from "../../options/kinds/http_place.ts";
import { isLoopbackName } from "./allowed_host.ts";

Deno.test("loopback goes by its own names and addresses, with any port", () => {
  const good = ["localhost", "LocalHost:1", "a.localhost", "localhost.", "127.0.0.1:9101", "127.9.8.7", "[::1]:80"];
  for (const host of good) assert.ok(isLoopbackName(host), host);
});

Deno.test("a name that somebody has pointed at this machine is none of them", () => {
  const bad = [
    "",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil",
    "10.0.0.1",
    "[::2]:80",
    "[fe80::1]",
    ":80",
  ];
  for (const host of bad) assert.ok(!isLoopbackName(host), host);
});

Deno.test("addresses of loopback are those that only this machine can reach", () => {
  assert.deepEqual(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].map(isLoopback), [true, true, true, true]);
  assert.deepEqual(["0.0.0.0", "::", "10.0.0.1", "::2", "x"].map(isLoopback), [false, false, false, false, false]);
});
