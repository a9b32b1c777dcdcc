import assert from "node:assert/strict";
import { MemoryFiles } from "../../tests/support/memory_files.ts";
import { readServiceFile } from "./service_file.ts";
import { faultLines } from "./source_fault.ts";

function read(files: Record<string, string | Uint8Array>) {
  return readServiceFile(Object.keys(files)[0], new MemoryFiles(files));
}

/** Place and message of everything that is wrong. */
function faults(files: Record<string, string | Uint8Array> | string): string[] {
  return read(typeof files === "string" ? { a: files } : files).faults.map((fault) => faultLines(fault)[0]);
}

Deno.test("a file has the command lines of services, options for those below and options of the process", () => {
  const { file: { spec, services }, faults } = read({
    a: `# all
process --user balance
80 web1
defaults -t 2 -a
balance --name web -t 3 8080,8443 web1 web2
  # in need
  ! standby # one
defaults
process --threads 2
-b 127.0.0.1 smtp mail`,
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(spec.values, { user: "balance", threads: 2 });
  assert.deepEqual(spec.services.map(({ name, values }) => [name, values]), [
    ["80", {}],
    ["web", { connectTimeout: 3, autodisable: true }],
    ["25", { hostname: ["127.0.0.1"] }],
  ]);
  assert.deepEqual(spec.services[1].groups.map(({ channels }) => channels.map(({ host }) => host)), [
    ["web1", "web2"],
    ["standby"],
  ]);
  assert.deepEqual(services.map(({ entry: { first, last } }) => [first, last]), [[2, 2], [4, 6], [9, 9]]);
});

Deno.test("an included file begins with the defaults of the line, and keeps its own to itself", () => {
  const { file: { spec }, faults } = read({
    a: "defaults -t 2\ninclude b\n80 x",
    b: "81 x\ndefaults -t 3\n82 x",
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(spec.services.map(({ name, values }) => [name, values.connectTimeout]), [
    ["81", 2],
    ["82", 3],
    ["80", 2],
  ]);
});

const good: readonly (readonly [what: string, text: string, services: number])[] = [
  ["nothing", "", 0],
  ["only comments and empty lines", "\n# x\n  \n", 0],
  ["no line end at its end", "80 a\n81 b", 2],
  ["a byte order mark", "\ufeff80 a\n", 1],
  ["line ends of Windows", "80 a\r\n  ! b\r\n\r\n81 \\\r\n c\r\n", 2],
];
for (const [what, text, services] of good) {
  Deno.test(`a file with ${what} is read`, () => {
    const { file, faults } = read({ a: text });
    assert.deepEqual(faults, []);
    assert.equal(file.services.length, services);
  });
}

const bytes = (...parts: (string | number)[]) =>
  new Uint8Array(parts.flatMap((part) => typeof part === "number" ? part : [...new TextEncoder().encode(part)]));

const bad: readonly (readonly [what: string, file: string | Uint8Array, faults: string[]])[] = [
  ["an unknown word", "defualts -t 2", [`a:1:1: unknown word "defualts", did you mean defaults?`]],
  ["an unknown option", "balance --conect-timeout 2 80", [
    `a:1:9: unknown option "--conect-timeout", did you mean --connect-timeout?`,
  ]],
  ["an option of the process on a service's line", "80 --user x", ["a:1:4: option --user belongs on a process line"]],
  ["an option of services on a process line", "process -t 2", [
    "a:1:9: option -t belongs on a service's line or a defaults line",
  ]],
  ["a name of a port that is nearly right", "htpp web1", [
    `a:1:1: bad port: "htpp" is neither 1 to 65535 nor a known service, did you mean http?`,
  ]],
  ["no port", "balance -a", ["a:1:11: missing port"]],
  ["a bad value", "80 -t x\n81 -t y", [
    `a:1:7: option -t takes seconds, 0.001 to 2147483647: "x"`,
    `a:2:7: option -t takes seconds, 0.001 to 2147483647: "y"`,
  ]],
  ["a bad channel", "80 a\n  b:c", [`a:2:3: invalid channel address "b:c": "c" is not a port`]],
  ["words of the shell", "80 $HOST", [
    'a:1:4: "$" outside single quotes: nothing is expanded here; put it in single quotes to use it literally',
  ]],
  ["faults of words and meanings", "80 'a\n81 -t\n82 `", [
    "a:1:4: this quote is not closed on its line",
    "a:2:4: option -t needs a value: SEC",
    "a:3:4: a backquote outside single quotes: nothing is expanded here; put it in single quotes to use it literally",
  ]],
  ["a NUL", bytes("80 a\n81 b", 0, "c\n"), ["a:2:5: a NUL byte; this is not a text file"]],
  ["bytes that are not UTF-8", bytes("80 a # ü\n81 b", 0xff, "\n"), [
    "a:2:5: this is not UTF-8; save the file as UTF-8",
  ]],
  ["UTF-16", bytes(0xff, 0xfe, "8", 0), ["a:1:1: this is UTF-16; save the file as UTF-8"]],
  ["line ends of old computers", "80 a\r81 b", [
    "a:1:5: a control character (U+000D); put it in quotes to use it literally",
  ]],
  ["an include of nothing", "include\ninclude ''\ninclude b c", [
    "a:1:8: include needs a file or a pattern",
    "a:2:9: include needs a file or a pattern",
    'a:3:11: unexpected word after include: "c"',
  ]],
  ["an include of a missing file", "include b", ['a:1:9: cannot read "b": there is no such file']],
  ["an include of itself", "80 x\ninclude a", ['a:2:9: a file that includes itself: "a" includes "a"']],
  ["two services of one name", "--name a 80\n\n--name a 81", [
    `a:3:8: another service is called "a", at a:1:8`,
  ]],
  ["one name by their first ports", "-b ::1 80 x\n-b 127.0.0.1 80 x", [
    `a:2:14: another service is called "80", at a:1:8; give it a --name`,
  ]],
  ["a port twice", "80 a\n--name b 443,80", [`a:2:10: port 80 is taken by service "80", at a:1:1`]],
  ["a port in a range", "8000-8010 a\n--name b -b ::1 -b 127.0.0.1 8005", [
    `a:2:30: port 8005 on "127.0.0.1" is taken by service "8000" on "0.0.0.0", at a:1:1`,
  ]],
  ["a port of both wildcards", "-6 80\n--name b 70-90", [
    `a:2:10: port 80 on "0.0.0.0" is taken by service "80" on "::", at a:1:4`,
  ]],
  ["a port on a wildcard and an address", "-b 10.0.0.1 -b 0.0.0.0 80", [
    `a:1:24: port 80 is used twice: -b "0.0.0.0" and "10.0.0.1" overlap`,
  ]],
];
for (const [what, file, expected] of bad) {
  Deno.test(`a file with ${what} is refused`, () => assert.deepEqual(faults({ a: file }), expected));
}

Deno.test("addresses that differ may have one port", () => {
  assert.deepEqual(
    faults(
      "-b 127.0.0.1 80\n--name b -b 127.0.0.2 80\n--name c -b ::1 80\n--name d -b fe80::1%a 80\n--name e -b fe80::1%b 80",
    ),
    [],
  );
});

Deno.test("a ring of files is named", () => {
  assert.deepEqual(faults({ a: "include b", b: "include c", c: "\ninclude b" }), [
    'c:2:9: a file that includes itself: "b" includes "c" includes "b"',
  ]);
});

Deno.test("files may be 16 deep and 1000 in all", () => {
  const deep = Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`f${i}`, `include f${i + 1}`]));
  assert.deepEqual(faults(deep), ['f15:1:9: cannot include "f16": more than 16 files deep']);
  const wide = { a: Array.from({ length: 1001 }, () => "include b").join("\n"), b: "" };
  const many = faults(wide);
  assert.equal(many[0], 'a:1000:9: cannot include "b": more than 1000 files');
});

Deno.test("ten thousand services are read", () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `balance --name s${i} -b 127.1.${i >> 8}.${i & 255} 80-89 a b`,
  );
  const { file, faults } = read({ a: lines.join("\n") });
  assert.deepEqual([file.services.length, faults.length], [10_000, 0]);
});

Deno.test("ten thousand services on one port are refused, each with its place", () => {
  const { faults } = read({ a: "balance 80-90 a\n".repeat(10_000) });
  assert.equal(faults.length, 9_999);
});
