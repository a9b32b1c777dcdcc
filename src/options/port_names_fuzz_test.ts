import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parsePort, parseServices } from "./port_names.ts";

const word = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/),
  fc.constantFrom("__proto__", "constructor", "toString"),
);
const space = fc.stringMatching(/^[ \t]{1,3}$/);
const comment = fc.oneof(
  fc.constant(""),
  fc.string({ maxLength: 10 }).map((text) => `# ${text.replaceAll("\n", " ")}`),
);
const service = fc.record({
  names: fc.array(word, { minLength: 1, maxLength: 4 }),
  port: fc.integer({ min: 1, max: 65535 }),
  protocol: fc.constantFrom("tcp", "udp", "sctp"),
  space,
  comment,
});

Deno.test("a services file gives each name the port of the first TCP line that has it", () => {
  fc.assert(
    fc.property(fc.array(service, { maxLength: 20 }), fc.constantFrom("\n", "\r\n", "\n\n"), (lines, ending) => {
      const text = lines.map(({ names: [name, ...aliases], port, protocol, space, comment }) =>
        [name, `${port}/${protocol}`, ...aliases, comment].join(space)
      ).join(ending);
      const expected = new Map<string, number>();
      for (const { names, port, protocol } of lines.toReversed()) {
        if (protocol === "tcp") { for (const name of names) expected.set(name, port); }
      }
      const byName = (a: [string, number], b: [string, number]) => a[0] < b[0] ? -1 : 1;
      assert.deepEqual([...parseServices(text)].sort(byName), [...expected].sort(byName));
    }),
    parameters(500),
  );
});

Deno.test("whatever a services file holds, names are words and ports exist", () => {
  const line = fc.oneof(
    foreignText(),
    fc.tuple(foreignText(8), fc.nat(99_999), foreignText(8)).map(([a, n, b]) => `${a} ${n}/tcp ${b}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const [name, port] of parseServices(lines.join("\n"))) {
        assert.match(name, /^[^\s#]+$/);
        assert.ok(Number.isInteger(port) && port >= 1 && port <= 65535, `${name} ${port}`);
      }
    }),
    parameters(1000),
  );
});

Deno.test("a port is a number from 1 to 65535, a known name, or nothing", () => {
  const known = new Map([["http", 80]]);
  fc.assert(
    fc.property(
      fc.oneof(foreignText(), fc.integer().map(String), fc.constantFrom("http", "1e3", "٣", "+80", " 80")),
      (word) => {
        const port = parsePort(word, () => known);
        if (port === undefined) return;
        assert.ok(
          word === "http" ? port === 80 : /^[0-9]+$/.test(word) && Number(word) === port && port >= 1 && port <= 65535,
        );
      },
    ),
    parameters(1000),
  );
});
