import assert from "node:assert/strict";
import { commands } from "../commands.ts";
import { complete } from "./completion.ts";

const tab = (line: string) => complete(line, { channels: [0, 1, 10], groups: [0, 3], services: ["mail", "web"] });

Deno.test("the first word is completed to the commands", () => {
  assert.deepEqual(tab("mr"), [["mrtg-bytes ", "mrtg-conns "], "mr"]);
  assert.deepEqual(tab("  sh"), [["show ", "shut "], "sh"]);
  assert.deepEqual(tab("x"), [[], "x"]);
  assert.deepEqual(tab(""), [commands.map(({ name }) => `${name} `), ""]);
});

Deno.test("further words are completed to the numbers that there are", () => {
  assert.deepEqual(tab("disable "), [["0 ", "1 ", "10 "], ""]);
  assert.deepEqual(tab("disable 1"), [["1 ", "10 "], "1"]);
  assert.deepEqual(tab("d 0"), [["0 "], "0"]);
  assert.deepEqual(tab("group "), [["0 ", "3 "], ""]);
  assert.deepEqual(tab("mrtg-bytes 3 1"), [["1 ", "10 "], "1"]);
  assert.deepEqual(tab("show j"), [["json "], "j"]);
});

Deno.test("channels are completed to their names as well", () => {
  const channels = [0, 1, "web1", "web2"];
  assert.deepEqual(complete("weight w", { channels, groups: [0], services: [] }), [["web1 ", "web2 "], "w"]);
});

Deno.test("where nothing is known nothing is offered", () => {
  for (const line of ["maxc 0 ", "create ", "create host ", "quit ", "enable 0 ", "nonsense ", "assign 0 "]) {
    assert.deepEqual(tab(line)[0], [], line);
  }
});
