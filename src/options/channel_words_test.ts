import assert from "node:assert/strict";
import { readChannel, readGroups } from "./channel_words.ts";
import { parsePort } from "./port_names.ts";

const port = (word: string) => parsePort(word, () => new Map([["imap", 143]]));

const placed = (words: readonly string[]) => words.map((text, word) => ({ text, word: word + 1 }));

function faults(words: readonly string[]): [code: number, message: string, word: number][] {
  return readGroups(placed(words), port).faults.map(({ code, message, word }) => [code, message, word]);
}

Deno.test("every form of a channel is read", () => {
  for (
    const [word, host, number, maxc] of [
      ["host", "host", undefined, 0],
      ["host:80", "host", 80, 0],
      ["host:imap", "host", 143, 0],
      ["host:80:16", "host", 80, 16],
      ["host::16", "host", undefined, 16],
      ["host:", "host", undefined, 0],
      ["host::", "host", undefined, 0],
      ["db::100", "db", undefined, 100],
      ["host:80:", "host", 80, 0],
      ["host:80:0", "host", 80, 0],
      ["host:65535:2147483647", "host", 65535, 2147483647],
      ["10.0.0.1:imap:1", "10.0.0.1", 143, 1],
      ["[::1]", "::1", undefined, 0],
      ["[2001:db8::7]:80", "2001:db8::7", 80, 0],
      ["[2001:db8::7]:80:16", "2001:db8::7", 80, 16],
      ["[2001:db8::7]::16", "2001:db8::7", undefined, 16],
      ["[fe80::1%eth0]:80", "fe80::1%eth0", 80, 0],
    ] as const
  ) assert.deepEqual(readChannel(word, port), { host, port: number, maxc }, word);
});

Deno.test("a channel that cannot be read is refused with 65, with the reason", () => {
  for (
    const [word, why] of [
      ["", "the host is empty"],
      [":80", "the host is empty"],
      ["a:b:c:d", "more than host:port:maxc"],
      ["host:pop", '"pop" is not a port'],
      ["host:0", '"0" is not a port'],
      ["host:65536", '"65536" is not a port'],
      ["host:80:-1", '"-1" is not a limit from 0 to 2147483647'],
      ["host:80:2147483648", '"2147483648" is not a limit from 0 to 2147483647'],
      ["host:80:1e3", '"1e3" is not a limit from 0 to 2147483647'],
      ["::1", "write [::1]"],
      ["[::1", "not [address]:port:maxc"],
      ["[::1]80", "not [address]:port:maxc"],
      ["[]:80", "the host is empty"],
      ["[1.2.3.4]:80", "no IPv6 address in the brackets"],
    ]
  ) {
    const message = `invalid channel address "${word}": ${why}`;
    assert.equal(readChannel(word, port), message);
    assert.deepEqual(faults(["a", word]), [[65, message, 2]]);
  }
});

Deno.test("a separator sets the strategy of the group before it", () => {
  const groups = (...words: string[]) =>
    readGroups(placed(words), port).groups.map(({ strategy, channels }) => [strategy, channels.length]);
  assert.deepEqual(groups(), []);
  assert.deepEqual(groups("a"), [["rr", 1]]);
  assert.deepEqual(groups("a", "b", "!", "c", "%", "d"), [["rr", 2], ["hash", 1], ["rr", 1]]);
  assert.deepEqual(groups("a", "%"), [["hash", 1]]);
});

Deno.test("an empty group, one group too many and one channel too many have their own exit codes", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`);
  assert.deepEqual(faults(["!"]), [[69, 'empty group before separator "!"', 1]]);
  assert.deepEqual(faults(["a", "%", "!"]), [[69, 'empty group before separator "!"', 3]]);
  assert.deepEqual(faults(many(66)), [[64, 'too many channels in a group: "h64" is beyond 64', 65]]);
  const groups = many(32).flatMap((word) => [word, "!"]);
  assert.equal(readGroups(placed(groups), port).groups.length, 32);
  assert.deepEqual(faults([...groups, "last", "more"]), [[69, 'too many groups: "last" is beyond 32', 65]]);
});

Deno.test("all faults are found, each with its word", () => {
  assert.deepEqual(faults(["!", "a:b", "c", ":1"]), [
    [69, 'empty group before separator "!"', 1],
    [65, 'invalid channel address "a:b": "b" is not a port', 2],
    [65, 'invalid channel address ":1": the host is empty', 4],
  ]);
});
