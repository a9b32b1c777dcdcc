import assert from "node:assert/strict";
import { groupWords, readGroups } from "./group_words.ts";
import { parsePort } from "./port_names.ts";

const port = (word: string) => parsePort(word, () => new Map([["imap", 143]]));

const placed = (words: readonly string[]) => words.map((text, word) => ({ text, word: word + 1 }));

function faults(words: readonly string[]): [code: number, message: string, word: number][] {
  return readGroups(placed(words), { port }).faults.map(({ code, message, word }) => [code, message, word]);
}

Deno.test("a separator sets the strategy of the group before it", () => {
  const groups = (...words: string[]) =>
    readGroups(placed(words), { port }).groups.map(({ strategy, channels }) => [strategy, channels.length]);
  assert.deepEqual(groups(), []);
  assert.deepEqual(groups("a"), [["rr", 1]]);
  assert.deepEqual(groups("a", "b", "!", "c", "%", "d"), [["rr", 2], ["hash", 1], ["rr", 1]]);
  assert.deepEqual(groups("a", "%"), [["hash", 1]]);
});

Deno.test("an empty group, one group too many and one channel too many have their own exit codes", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`);
  assert.deepEqual(faults(["!"]), [[69, 'empty group before separator "!"', 1]]);
  assert.deepEqual(faults(["a", "%", "!"]), [
    [69, 'empty group before separator "!"; "%" ends a group already', 3],
  ]);
  assert.deepEqual(faults(many(66)), [[64, 'too many channels in a group: "h64" is beyond 64', 65]]);
  const groups = many(32).flatMap((word) => [word, "!"]);
  assert.equal(readGroups(placed(groups), { port }).groups.length, 32);
  assert.deepEqual(faults([...groups, "last", "more"]), [[69, 'too many groups: "last" is beyond 32', 65]]);
});

Deno.test("all faults are found, each with its word", () => {
  assert.deepEqual(faults(["!", "a:b", "c", ":1"]), [
    [69, 'empty group before separator "!"', 1],
    [65, 'invalid channel address "a:b": "b" is not a port', 2],
    [65, 'invalid channel address ":1": the host is empty', 4],
  ]);
});

Deno.test("% with the name of a strategy ends a group as well", () => {
  const strategies = ["rr", "hash", "mine"];
  const { groups, faults } = readGroups(placed(["a", "%mine", "b", "%rr", "c", "%hash", "d", "%mine"]), { strategies });
  assert.deepEqual(groups.map(({ strategy }) => strategy), ["mine", "rr", "hash", "mine"]);
  assert.deepEqual(faults, []);
  assert.deepEqual(groupWords(groups), ["a", "%mine", "b", "!", "c", "%", "d", "%mine"]);
});

Deno.test("a strategy that there is not is refused, with what was meant", () => {
  const { faults } = readGroups(placed(["a", "%hsh", "b", "%mine"]));
  const all = "%rr, %hash, %least, %random, %stable, %first";
  assert.deepEqual(faults, [
    { word: 2, message: 'unknown strategy "%hsh"', suggestion: "%hash", code: 64 },
    { word: 4, message: `unknown strategy "%mine", only ${all}`, suggestion: undefined, code: 64 },
  ]);
});

Deno.test("no two channels of a service have the same name", () => {
  const words = ["a,name=x", "b,name=y", "!", "c,weight=2,name=x"];
  assert.deepEqual(faults(words), [[64, 'channel "c,weight=2,name=x": "a,name=x" already has that name', 4]]);
});
