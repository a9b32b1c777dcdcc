/** `--slow-start` in the program. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { linux, testWith } from "../support/requirements.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

testWith([linux], "a slow start continues after an upgrade, and no other one begins", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  await using world = await upgradable([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`], {
    options: ["--slow-start", "10000"],
  });
  const { instance } = world;
  const served = async () => (await instance.answers(33)).filter((answer) => answer === "two").length;
  await instance.control("disable 1");
  await instance.control("enable 1");
  const before = await served();
  await upgrade(instance);
  await upgrade(instance);
  const after = await served();
  // A tenth against a whole: 3 of 33, and 16 if it had all.
  assert.ok(before >= 2 && before <= 5 && after >= 2 && after <= 5, `${before} before, ${after} after`);
});
