/** Services that come and go leave nothing in the process: no descriptor, no watched socket, no memory. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ENGINE_NAMES } from "../../src/options/engine_name.ts";
import { linux, testWith } from "../support/requirements.ts";
import type { Holdings } from "./come_and_go.ts";

const ROUNDS = 1000;

/** Bytes by which memory may grow. If everything were kept, it would be twice as many and more. */
const GROWTH = 150 * 2 ** 20;

for (const engine of ENGINE_NAMES) {
  testWith([linux], `${engine} engine: ${ROUNDS} services that come and go leave nothing in the process`, async () => {
    const script = fileURLToPath(new URL("come_and_go.ts", import.meta.url));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, engine, String(ROUNDS)],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.notEqual(text, "", new TextDecoder().decode(stderr));
    const { before, after, most }: { before: Holdings; after: Holdings; most: number } = JSON.parse(text);
    assert.deepEqual([after.descriptors, after.watched], [before.descriptors, before.watched]);
    assert.ok(most - before.memory < GROWTH, `memory rose from ${before.memory} to ${most} bytes`);
  });
}
