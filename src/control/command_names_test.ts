import assert from "node:assert/strict";
import { commandNames } from "../options/command_names.ts";
import { commands } from "./commands.ts";

Deno.test("words know every control command, and no other", () => {
  assert.deepEqual(commandNames, commands.map(({ name }) => name));
});
