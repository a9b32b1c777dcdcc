import assert from "node:assert/strict";
import { httpPlace, httpPlaceOf, placeText } from "./http_place.ts";
import { Refusal } from "./kind.ts";

Deno.test("a place for HTTP is a port on loopback, an address with a port, or a path", () => {
  const places = ["9101", "0.0.0.0:9101", "[::1]:80", "localhost:1", "/run/balance/metrics.sock", "./m.sock"];
  assert.deepEqual(places.map(httpPlaceOf), [
    { hostname: "127.0.0.1", port: 9101 },
    { hostname: "0.0.0.0", port: 9101 },
    { hostname: "::1", port: 80 },
    { hostname: "127.0.0.1", port: 1 },
    { path: "/run/balance/metrics.sock" },
    { path: "./m.sock" },
  ]);
});

Deno.test("other words are no place for HTTP, and the message shows them", () => {
  const wrong = [
    "",
    "0",
    "65536",
    "metrics",
    "::1:9101",
    "1.2.3:80",
    "[127.0.0.1]:80",
    "[localhost]:80",
    ":9101",
    "a/",
  ];
  for (const word of wrong) {
    const read = httpPlace().read(word);
    assert.ok(read instanceof Refusal, word);
    assert.ok(read.about("option --metrics", word).endsWith(`: ${JSON.stringify(word)}`));
  }
});

Deno.test("the same place has the same text, however it was written", () => {
  const texts = [["9101", "localhost:9101", "127.0.0.1:9101"], ["[0:0::1]:80", "[::1]:80"]];
  for (const same of texts) assert.equal(new Set(same.map((word) => placeText(httpPlaceOf(word)!))).size, 1);
});
