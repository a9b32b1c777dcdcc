import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import { foreignText } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { familyOf, formatAddress, formatHost, type HostBytes, isMapped, parseHost } from "./address.ts";
import { Table } from "./table.ts";

const sixteen = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((four) =>
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...four)
  ),
  // Runs of zeros are what the text form shortens.
  fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
);
const zone = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 31 - 1 }));

function attempt(text: string): HostBytes | undefined {
  try {
    return parseHost(text);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

Deno.test("sixteen bytes and a zone survive being written and read", () => {
  fc.assert(
    fc.property(sixteen, zone, (bytes, zone) => {
      const text = formatHost(bytes, zone), read = parseHost(text);
      assert.deepEqual([...read.bytes], [...bytes], text);
      assert.equal(read.zone, isMapped(bytes) ? 0 : zone);
      assert.equal(isIP(text.replace(/%.*/, "")), isMapped(bytes) ? 4 : 6);
    }),
    parameters(3000),
  );
});

Deno.test("an address has the family that node:net finds", () => {
  const parts = fc.constantFrom(
    ":",
    "::",
    ".",
    "0",
    "1",
    "ffff",
    "00001",
    "255",
    "256",
    "01",
    "g",
    "%",
    "1.2.3.4",
    " ",
  );
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    foreignText(),
    fc.array(parts, { minLength: 1, maxLength: 12, size: "max" }).map((all) => all.join("")),
    fc.tuple(fc.ipV6(), fc.constantFrom("1", "eth0", "a-b.c")).map((both) => both.join("%")),
  );
  const expected = (text: string) => {
    // Any zone will do here: whether there is such an interface is found out later.
    const address = text.replace(/%[^%]+$/, ""), family = isIP(address);
    return address === text || family === 6 ? family : 0;
  };
  fc.assert(fc.property(text, (text) => assert.equal(familyOf(text), expected(text), text)), parameters(5000));
});

Deno.test("every notation of an address means the same bytes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const { bytes } = parseHost(text);
      assert.deepEqual([...parseHost(formatHost(bytes)).bytes], [...bytes]);
      assert.deepEqual([...parseHost(text.toUpperCase()).bytes], [...bytes]);
    }),
    parameters(2000),
  );
});

Deno.test("text is either an address with a valid zone or refused", () => {
  const zones = fc.constantFrom(
    "",
    "0",
    "1",
    "-1",
    "1.5",
    "0x10",
    "1e3",
    " 5",
    "5 ",
    "4294967297",
    "9".repeat(30),
    "eth0",
    "1%2",
  );
  const text = fc.oneof(foreignText(), fc.tuple(fc.oneof(fc.ipV6(), fc.ipV4()), zones).map((pair) => pair.join("%")));
  fc.assert(
    fc.property(text, (text) => {
      const host = attempt(text);
      if (host === undefined) return;
      assert.match(text, /^[0-9A-Fa-f.:]+(?:%[0-9]+)?$/);
      assert.ok(Number.isInteger(host.zone) && host.zone >= 0 && host.zone < 2 ** 31, `zone ${host.zone}`);
      assert.ok(host.zone === 0 || !isMapped(host.bytes), "an IPv4 address has no zone");
      assert.equal(Number(text.split("%")[1] ?? 0), host.zone);
    }),
    parameters(3000),
  );
});

Deno.test("a table gives back the address it was given", () => {
  const table = Table.create();
  const id = table.addChannel(0, { host: "127.0.0.1", port: 1 })!;
  fc.assert(
    fc.property(sixteen, zone, fc.integer({ min: 1, max: 65535 }), (bytes, zone, port) => {
      const address = { host: formatHost(bytes, zone), port };
      table.setAddress(id, address);
      assert.deepEqual(table.address(id), address);
      assert.match(formatAddress(table.address(id)), /^(?:\[[^\]]+\]|[0-9.]+):\d+$/);
    }),
    parameters(1000),
  );
});
