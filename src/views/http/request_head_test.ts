import assert from "node:assert/strict";
import fc from "fast-check";
import { BadRequest, endOfHead, readHead } from "./request_head.ts";

const read = (...lines: string[]) => readHead([...lines, "", ""].join("\r\n"));

Deno.test("a request has a method, a decoded path, a query and fields", () => {
  const { method, path, query, headers, length, modern, goesOn } = read(
    "GET /a%20b/c?x=1&y=%2F HTTP/1.1",
    "Host: localhost:9101",
    "ACCEPT:  text/plain\t",
    "Accept: */*",
  );
  assert.deepEqual({ method, path, x: query.get("x"), y: query.get("y") }, {
    method: "GET",
    path: "/a b/c",
    x: "1",
    y: "/",
  });
  assert.deepEqual([...headers], [["host", "localhost:9101"], ["accept", "text/plain, */*"]]);
  assert.deepEqual({ length, modern, goesOn }, { length: 0, modern: true, goesOn: true });
});

Deno.test("a path may follow the name of a host, as a proxy sends it", () => {
  for (const [target, path] of [["http://h:1/x?q", "/x"], ["http://h", "/"], ["http://h?q", "/"], ["/?q", "/"]]) {
    assert.equal(read(`GET ${target} HTTP/1.0`).path, path, target);
  }
});

Deno.test("HTTP/1.0 needs no Host and ends after the answer, and so does Connection: close", () => {
  assert.equal(read("GET / HTTP/1.0").goesOn, false);
  assert.equal(read("GET / HTTP/1.1", "Host: h", "Connection: x, Close").goesOn, false);
});

Deno.test("what is malformed, or not spoken here, is refused with its status", () => {
  const host = "Host: h";
  const wrong: [number, ...string[]][] = [
    [400, "\x16\x03\x01"],
    [400, "GET  / HTTP/1.1", host],
    [400, "G(T / HTTP/1.1", host],
    [400, "GET / HTTP/1.1"],
    [400, "GET x HTTP/1.1", host],
    [400, "GET /%zz HTTP/1.1", host],
    [400, "GET / HTTP/1.1", host, host],
    [400, "GET / HTTP/1.1", host, " folded: x"],
    [400, "GET / HTTP/1.1", host, "a b: x"],
    [400, "GET / HTTP/1.1", host, "a: \x01"],
    [400, "POST / HTTP/1.1", host, "Content-Length: -1"],
    [400, "POST / HTTP/1.1", host, "Content-Length: 1", "Content-Length: 2"],
    [413, "POST / HTTP/1.1", host, "Content-Length: 65537"],
    [501, "POST / HTTP/1.1", host, "Transfer-Encoding: chunked"],
    [505, "GET / HTTP/2.0", host],
    [431, "GET / HTTP/1.1", host, ...Array.from({ length: 101 }, (_, i) => `f${i}: x`)],
  ];
  for (const [status, ...lines] of wrong) {
    assert.throws(() => read(...lines), (error: BadRequest) => error.status === status, lines.join("|"));
  }
});

Deno.test("blanks around a value are left out, in a time that grows with their number and not with its square", () => {
  const field = (value: string) => read("GET / HTTP/1.0", `a:${value}`).headers.get("a");
  assert.deepEqual([field(" \t x y\t "), field(" \t"), field("x")], ["x y", "", "x"]);
  // An hour, if each blank began a search for the end of all of them.
  const blanks = " ".repeat(2_000_000);
  assert.equal(field(`${blanks}x${blanks}y`), `x${blanks}y`);
});

Deno.test("the head ends with the first empty line", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(endOfHead(bytes("GET / HTTP/1.1\r\na: b\r\n\r\nbody")), 24);
  assert.equal(endOfHead(bytes("GET / HTTP/1.0\n\nbody")), 16);
  assert.equal(endOfHead(bytes("GET / HTTP/1.1\r\na: b\r\n")), -1);
});

Deno.test("random heads are read or refused, and nothing else happens", () => {
  const piece = fc.oneof(
    fc.constantFrom("GET", " ", "/", "?", "%41", "%", "HTTP/1.1", "\r\n", "\n", ":", "Host: h", "Content-Length: 3"),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
    try {
      const { path, length } = readHead(`${pieces.join("")}\r\n\r\n`);
      assert.ok(path.startsWith("/") && length <= 65536);
    } catch (error) {
      assert.ok(error instanceof BadRequest, String(error));
    }
  }));
});
