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
    "process: max-connections 5 → not given",
    'service "80": max-connections not given → 5',
  ]],
  ["rules about clients", "--allow 10.0.0.1 --deny all 80", "--deny all --rate 10/1,20 80", [
    'service "80": access rules allow 10.0.0.1 deny all → deny all',
    'service "80": rate not given → 10/1,20',
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
  ["each option of a channel", "80 a:1:5,name=x b,weight=3", "80 a:1,weight=2 b,name=y,weight=0", [
    'service "80": group 0: maxc of channel "a:1" 5 → none',
    'service "80": group 0: weight of channel "a:1" 1 → 2',
    'service "80": group 0: name of channel "a:1" x → none',
    'service "80": group 0: weight of channel "b" 3 → 0',
    'service "80": group 0: name of channel "b" none → y',
  ]],
  ["a channel with options", "80 a,weight=3", "80 a:81:5,weight=3,name=x", [
    'service "80": group 0: channel "a,weight=3" removed',
    'service "80": group 0: channel "a:81:5,weight=3,name=x" added',
  ]],
  ["a strategy by its name", "80 a %least", "80 a", ['service "80": group 0: least connections → Round Robin']],
  ["the order of channels", "80 a b", "80 b a", ['service "80": group 0: its channels are reordered']],
  ["a strategy", "80 a", "80 a %", ['service "80": group 0: Round Robin → Hash']],
  ["conditions", "443 sni=a w1 ! from=::1 w2", "443 sni=a,b proto=tls w1 ! w2", [
    'service "443": group 0: sni a → a,b',
    'service "443": group 0: proto not given → tls',
    'service "443": group 1: from ::1 → not given',
  ]],
  ["the same conditions", "443 sni=A.,b port=https w", "443 port=443 sni=a,b w", []],
  ["groups", "80 a ! b ! c", "80 a", [
    'service "80": group 1: removed: b',
    'service "80": group 2: removed: c',
  ]],
  ["a group", "80 a", "80 a ! b %", ['service "80": group 1: added: b %']],
];
for (const [what, before, after, expected] of cases) {
  Deno.test(`the difference of ${what} in words`, () => assert.deepEqual(words(before, after), expected));
}

Deno.test("a service that is called something else is renamed, and what else changes stands below", () => {
  const identities = { renamed: new Map([["post", "mail"]]) };
  const differ = difference(read("--name mail 25 a\n80 b"), read("80 b\n--name post -t 2 25 a"), identities);
  assert.deepEqual(changeLines(differ), [
    'service "mail": renamed to "post"',
    'service "post": connect-timeout 5 → 2',
  ]);
  assert.deepEqual(difference(read("--name mail 25 a"), read("--name post 25 a"), identities).length, 1);
});

const adoptions: readonly (readonly [
  what: string,
  before: string,
  after: string,
  adopted: readonly (readonly [group: number, channel: number, before: number])[],
  words: string[],
])[] = [
  ["created one", "80 a", "80 a b:1", [[0, 1, 1]], ['channel "b:1" adopted, which an operator created']],
  ["created one of a new group", "80 a", "80 a ! b::5 c %", [[1, 0, 0]], [
    "group 1: Round Robin → Hash",
    'group 1: channel "b::5" adopted, which an operator created',
    'group 1: channel "c" added',
  ]],
  ["one that was assigned", "80 a b", "80 a c:1", [[0, 1, 1]], [
    'channel "c:1" adopted, which an operator assigned in place of "b"',
  ]],
  ["one that was assigned, beside its old name", "80 a b", "80 a b c:1", [[0, 2, 1]], [
    'channel "b" added',
    'channel "c:1" adopted, which an operator assigned in place of "b"',
  ]],
  ["created one that comes first", "80 a", "80 b a:80:3", [[0, 0, 1]], [
    'channel "a" removed',
    'channel "b" adopted, which an operator created',
    'channel "a:80:3" added',
  ]],
  ["created one that comes before others", "80 a", "80 b a", [[0, 0, 1]], [
    'channel "b" adopted, which an operator created',
    "its channels are reordered",
  ]],
];
for (const [what, before, after, list, expected] of adoptions) {
  Deno.test(`the difference in words when an operator's channel is in the file: ${what}`, () => {
    const adopted = new Map([["80", list.map(([group, channel, before]) => ({ group, channel, before }))]]);
    const lines = changeLines(difference(read(before), read(after), { adopted }));
    assert.deepEqual(
      lines,
      expected.map((text) => `service "80": ${text.startsWith("group") ? text : `group 0: ${text}`}`),
    );
  });
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
    fc.array(fc.constantFrom("a", "b:1", "c::3", "b:1,weight=3", "a,maxc=2,weight=0", "!", "%", "%least"), {
      maxLength: 7,
    }),
  );
  const text = fc.array(line, { maxLength: 4 }).map((lines) =>
    lines.map(([option, words], i) => `balance ${option} ${80 + i} a ${words.join(" ")}`).join("\n")
      .replaceAll(/(!|%\w*) (?:(?:!|%\w*) ?)+/g, "$1 ")
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.deepEqual(changes(a, a), []);
      assert.equal(changes(a, b).length, changes(b, a).length);
    }),
    parameters(300),
  );
});
