import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { readHosts } from "./hosts_file.ts";

Deno.test("a name in the file of hosts has all addresses that lines give it, once each", () => {
  const hosts = readHosts(
    "127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\n10.0.0.1 Web web.example. # first\n" +
      "10.0.0.2 web\n10.0.0.1 web\n# 10.0.0.3 web\nnonsense web\n10.0.0.4\n",
  );
  assert.deepEqual(Object.fromEntries(hosts), {
    "localhost": ["127.0.0.1", "::1"],
    "ip6-localhost": ["::1"],
    "web": ["10.0.0.1", "10.0.0.2"],
    "web.example": ["10.0.0.1"],
  });
});

Deno.test("any text is read as a file of hosts", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readHosts(text)), parameters(500));
});
