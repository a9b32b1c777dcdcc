import assert from "node:assert/strict";
import { startPortable } from "../../src/engine/portable/portable.ts";
import { echoBackend } from "../support/backends.ts";
import { contract } from "./suite.ts";
import { Trial } from "./trial.ts";

contract("portable engine", startPortable);

Deno.test("portable engine: a tap that throws ends its connection and nothing else", async () => {
  await using backend = echoBackend();
  await using trial = await Trial.start(startPortable, 1, {
    channels: [backend],
    tap: (_, bytes) => {
      if (bytes[0] === "x".charCodeAt(0)) throw new Error("out of ink");
    },
  });
  using other = await trial.connect();
  using client = await trial.connect();
  await client.send("x");
  assert.equal((await client.readToEnd()).length, 0);
  await other.send("hello");
  assert.equal((await other.readExactly(5)).length, 5);
});
