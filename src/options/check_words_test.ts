import assert from "node:assert/strict";
import fc from "fast-check";
import { PROTOCOLS, readCheck, readExpected, WrongCheck } from "./check_words.ts";

Deno.test("each kind of check is read", () => {
  const cases: [string, unknown][] = [
    ["off", { type: "off" }],
    ["tcp", { type: "tcp" }],
    ["tls", { type: "tls" }],
    ["http:/", { type: "http", secure: false, path: "/" }],
    ["https:/health?a=b:c", { type: "http", secure: true, path: "/health?a=b:c" }],
    ["exec:/usr/bin/my check", { type: "exec", program: "/usr/bin/my check" }],
    ...PROTOCOLS.map((protocol): [string, unknown] => [protocol, { type: "protocol", protocol }]),
    ["expect:^220 ", { type: "dialogue", steps: [{ type: "expect", text: "220 ", anchored: true }] }],
    [String.raw`send:GET /send:\x41\r\n/expect:a/b/expect:\^\\`, {
      type: "dialogue",
      steps: [
        { type: "send", text: "GET " },
        { type: "send", text: "A\r\n" },
        { type: "expect", text: "a/b", anchored: false },
        { type: "expect", text: "^\\", anchored: false },
      ],
    }],
    ["send:é", { type: "dialogue", steps: [{ type: "send", text: "\xc3\xa9" }] }],
  ];
  for (const [word, wanted] of cases) assert.deepEqual(readCheck(word), wanted, word);
});

Deno.test("a wrong check says what is wrong with it", () => {
  const cases: [string, RegExp][] = [
    ["", /^takes off, tcp, tls, http:PATH/],
    ["ping", /^takes off, tcp/],
    ["tcp:80", /^takes nothing after tcp/],
    ["smtp:x", /^takes nothing after smtp/],
    ["http", /^needs a path after http:/],
    ["http:health", /^needs a path after http:/],
    ["https:/a b", /without spaces/],
    ["exec:check.sh", /^needs the absolute path/],
    ["send:", /^needs a text after send:/],
    ["send:a/expect:", /^needs a text after expect: in step 2/],
    ["expect:^", /^needs a text after expect:\^/],
    [String.raw`send:a\q`, /^has a bad escape "\\q"/],
    [String.raw`send:a\x4`, /^has a bad escape "\\x"/],
    [String.raw`send:a\ `.slice(0, -1), /^has a bad escape "\\"/],
  ];
  for (const [word, wanted] of cases) {
    assert.throws(() => readCheck(word), (error) => error instanceof WrongCheck && wanted.test(error.message), word);
  }
});

Deno.test("any bytes can be written with escapes", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
    const text = String.fromCharCode(...bytes);
    const word = `send:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
    assert.deepEqual(readCheck(word), { type: "dialogue", steps: [{ type: "send", text }] });
  }));
});

Deno.test("no word makes the reader fail in another way", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `send:${text}`)), (word) => {
    try {
      readCheck(word);
    } catch (error) {
      assert.ok(error instanceof WrongCheck);
    }
  }));
});

Deno.test("what HTTP must answer is read", () => {
  assert.deepEqual(readExpected("200,300-399"), { type: "status", ranges: [[200, 200], [300, 399]] });
  assert.deepEqual(readExpected("body:a\\nb"), { type: "body", text: "a\nb" });
  for (const word of ["", "20", "600", "300-200", "200,", "body:", "ok"]) {
    assert.throws(() => readExpected(word), WrongCheck, word);
  }
});
