import assert from "node:assert/strict";
import { Groups } from "../groups/groups.ts";
import { Table } from "../table/table.ts";
import { Refused, SyntaxFault } from "./command.ts";
import { findChannel, type Search } from "./find_channel.ts";

const at = (host: string, port: number, name?: string) => ({ host, port, address: "192.0.2.1", name });

function made(...names: (string | undefined)[]): Groups {
  const groups = new Groups(Table.create());
  groups.replace([], [
    { channels: [at("web1", 80, names[0]), at("web2", 80, names[1]), at("web1", 81)] },
    {
      channels: [{ ...at("::1", 80), address: "::1" }, at("spare", 0, names[2]), {
        ...at("web2", 80),
        address: "192.0.2.2",
      }],
    },
  ]);
  return groups;
}

/** Where a channel was found, or why not. */
function found(groups: Groups, word: string, search: Search = { group: 0 }): unknown {
  try {
    const { group, number, label } = findChannel(groups, word, search);
    return `${group} ${number} ${label}`;
  } catch (error) {
    if (error instanceof SyntaxFault) return "syntax error";
    assert.ok(error instanceof Refused);
    assert.equal(error.reply.ok, false);
    return error.reply.lines.join();
  }
}

Deno.test("a number means the channel of the session's group, whatever others are called", () => {
  const groups = made("one");
  assert.equal(found(groups, "1"), "0 1 1");
  assert.equal(found(groups, "01", { group: 1 }), "1 1 1");
  assert.equal(found(groups, "3"), "no such channel 3");
  assert.equal(found(groups, "-1", { group: 0, absent: "unknown channel" }), "unknown channel");
  assert.equal(found(groups, "9".repeat(16)), "syntax error");
});

Deno.test("a name or an address means the one channel in any group that has it", () => {
  const groups = made("one", "two", "last");
  for (
    const [word, place] of [
      ["one", "0 0"],
      ["two", "0 1"],
      ["last", "1 1"],
      ["web1:80", "0 0"],
      ["web1:http", "0 0"],
      ["web1:81", "0 2"],
      ["192.0.2.2:80", "1 2"],
      ["192.0.2.2", "1 2"],
      ["[::1]:80", "1 0"],
      ["[::1]", "1 0"],
      ["spare", "1 1"],
      ["spare:*", "1 1"],
    ]
  ) assert.equal(found(groups, word), `${place} ${word}`);
});

Deno.test("a name goes before a host of the same name", () => {
  assert.equal(found(made("web2"), "web2"), "0 0 web2");
});

Deno.test("several channels of one address are an error that says which they are", () => {
  const groups = made();
  assert.equal(found(groups, "web1"), '"web1" fits several channels: group 0 channel 0, group 0 channel 2');
  assert.equal(found(groups, "web2:80"), '"web2:80" fits several channels: group 0 channel 1, group 1 channel 2');
  assert.equal(found(groups, "web2:80", { group: 1, only: true }), "1 2 web2:80");
});

Deno.test("where nothing has that name or address, the nearest one is suggested", () => {
  const groups = made("first", "second", "third"), only = { group: 1, only: true, absent: "unknown channel" };
  assert.equal(found(groups, "frist"), 'no such channel "frist", did you mean "first"?');
  assert.equal(found(groups, "wbe1:80"), 'no such channel "wbe1:80", did you mean "web1:80"?');
  assert.equal(found(groups, "first", only), 'unknown channel "first"');
  assert.equal(found(groups, "[2001:db8::2]:99", only), 'unknown channel "[2001:db8::2]:99"');
  for (const word of ["web1:80:5", "web1:80,weight=2", "web1:80,name=first", "\u202e:1"]) {
    assert.match(String(found(groups, word)), /^no such channel "[ -~]*$/);
  }
});

Deno.test("without names, a word that is no address is a syntax error, as in Balance", () => {
  for (const word of ["x", "1x", "0x1", "", "--1", "1.5"]) assert.equal(found(made(), word), "syntax error");
});
