import assert from "node:assert/strict";
import { fullNames, readResolverConfig } from "./resolver_config.ts";

Deno.test("resolv.conf has servers, domains and the number of dots", () => {
  const text = "# servers\nnameserver 10.0.0.53\n nameserver ::1 \nnameserver nonsense\nnameserver\n; more\n" +
    "domain old.example\nsearch a.example .b.example.\noptions rotate ndots:2 timeout:1\n";
  assert.deepEqual(readResolverConfig(text), {
    servers: [{ host: "10.0.0.53", port: 53 }, { host: "::1", port: 53 }],
    search: ["a.example", "b.example"],
    dots: 2,
  });
  assert.deepEqual(readResolverConfig(""), { servers: [], search: [], dots: 1 });
});

Deno.test("no more servers, domains and dots count than the system's resolver knows", () => {
  const text = `${"nameserver 10.0.0.1\n".repeat(9)}search a b c d e f g h\noptions ndots:99`;
  const { servers, search, dots } = readResolverConfig(text);
  assert.deepEqual([servers.length, search.length, dots], [3, 6, 15]);
});

Deno.test("a short name is looked for in the domains first, a long one as it is, one with a last dot only so", () => {
  const config = { search: ["a.example", "b.example"], dots: 2 };
  assert.deepEqual(fullNames("web", config), ["web.a.example", "web.b.example", "web"]);
  assert.deepEqual(fullNames("web.eu", config), ["web.eu.a.example", "web.eu.b.example", "web.eu"]);
  assert.deepEqual(fullNames("web.eu.example", config), [
    "web.eu.example",
    "web.eu.example.a.example",
    "web.eu.example.b.example",
  ]);
  assert.deepEqual(fullNames("web.", config), ["web"]);
});
