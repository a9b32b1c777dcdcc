import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { MemoryFiles } from "../../tests/support/memory_files.ts";
import { changeLines } from "./change_text.ts";
import { difference } from "./difference.ts";
import { readServiceFile } from "./service_file.ts";
import type { ProcessSpec } from "./service_spec.ts";

function read(text: string): ProcessSpec {
  const { file, faults } = readServiceFile("a", new MemoryFiles({ a: text }));
  assert.deepEqual(faults, []);
  return file.spec;
}

const changes = (before: string, after: string) => difference(read(before), read(after));
const words = (before: string, after: string) => changeLines(changes(before, after));

const cases: readonly (readonly [what: string, before: string, after: string, words: string[]])[] = [
  ["nothing", "80 a ! b:1", "defaults -t 2\nbalance -t 5 http a ! b:1 # same", []],
  ["a new service", "80 a", "80 a\n81 b ! c", ['service "81": added', "  balance 81 b ! c"]],
  ["a removed service", "80 a\n81 b", "80 a", ['service "81": removed']],
  ["another timeout", "80 a", "-t 2 80 a", ['service "80": connect-timeout 5 → 2']],
  ["a flag", "-a 80", "80", ['service "80": autodisable on → off']],
  ["an option that the system chooses", "--send-buffer 9 80", "80", [
    'service "80": send-buffer 9 → not given',
  ]],
  ["an option that cannot change", "80", "--backlog 9 80", ['service "80": backlog 4096 → 9 (needs a restart)']],
  ["a limit of the process and one of a service", "process --max-connections 5\n80", "--max-connections 5 80", [
    "process: max-connections 5 → not given (needs a restart)",
    'service "80": max-connections not given → 5',
  ]],
  ["options of the process", "process --threads 1 --drain-timeout 3", "process --user x", [
    "process: threads 1 → auto (needs a restart)",
    "process: drain-timeout 3 → 10",
    "process: user not given → x (needs a restart)",
  ]],
  ["ports", "--name a 80,8000-8010", "--name a 8005-8020,81", [
    'service "a": stops listening on 0.0.0.0:80',
    'service "a": stops listening on 0.0.0.0:8000-8004',
    'service "a": also listens on 0.0.0.0:8011-8020',
    'service "a": also listens on 0.0.0.0:81',
  ]],
  ["addresses", "80", "-6 80", [
    'service "80": stops listening on 0.0.0.0:80',
    'service "80": also listens on [::]:80',
  ]],
  ["a channel", "80 a b c", "80 b:: a:81 c", [
    'service "80": group 0: channel "a" removed',
    'service "80": group 0: channel "a:81" added',
  ]],
  ["a limit", "80 a:1:5", "80 a:1", ['service "80": group 0: maxc of channel "a:1" 5 → none']],
  ["the order of channels", "80 a b", "80 b a", ['service "80": group 0: its channels are reordered']],
  ["a strategy", "80 a", "80 a %", ['service "80": group 0: Round Robin → Hash']],
  ["groups", "80 a ! b ! c", "80 a", [
    'service "80": group 1: removed: b',
    'service "80": group 2: removed: c',
  ]],
  ["a group", "80 a", "80 a ! b %", ['service "80": group 1: added: b %']],
];
for (const [what, before, after, expected] of cases) {
  Deno.test(`the difference of ${what} in words`, () => assert.deepEqual(words(before, after), expected));
}

Deno.test("how many connections a change concerns stands beside it", () => {
  assert.deepEqual(changeLines(changes("80 a b\n81 c", "80 a"), ({ kind }) => kind === "service removed" ? 1 : 12), [
    'service "81": removed, 1 connection drains',
    'service "80": group 0: channel "b" removed, 12 connections drain',
  ]);
});

Deno.test("what is the same has no difference, and the way back has as many changes", () => {
  const line = fc.tuple(
    fc.constantFrom("", "-t 2", "-a", "-6"),
    fc.array(fc.constantFrom("a", "b:1", "c::3", "!", "%"), { maxLength: 7 }),
  );
  const text = fc.array(line, { maxLength: 4 }).map((lines) =>
    lines.map(([option, words], i) => `balance ${option} ${80 + i} a ${words.join(" ")}`).join("\n")
      .replaceAll(/([!%]) (?:[!%] ?)+/g, "$1 ")
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.deepEqual(changes(a, a), []);
      assert.equal(changes(a, b).length, changes(b, a).length);
    }),
    parameters(300),
  );
});
