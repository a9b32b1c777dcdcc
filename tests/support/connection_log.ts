import assert from "node:assert/strict";
import type { RecordState } from "../../src/state/record_state.ts";
import { Client } from "./client.ts";
import { pause } from "./eventually.ts";

/** Waits until a file has at least so many whole lines. */
export async function linesOf(path: string, count: number): Promise<string[]> {
  const end = performance.now() + 60_000;
  for (;;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const lines = text.split("\n").slice(0, -1);
    if (lines.length >= count) return lines;
    assert.ok(performance.now() < end, `${lines.length} lines of ${count}: ${lines.slice(-3).join("\n")}`);
    await pause(5);
  }
}

/** Waits until a file has at least so many records. */
export async function recordsOf(path: string, count: number): Promise<RecordState[]> {
  return (await linesOf(path, count)).map((line) => JSON.parse(line));
}

/** A client that sends some bytes, gets them back and ends. */
export async function exchange(port: number, bytes: number): Promise<void> {
  using client = await Client.connect(port);
  await client.send(new Uint8Array(bytes));
  await client.readExactly(bytes);
  await client.finish();
  await client.readToEnd();
}

/** A client that comes and leaves without a word. */
export async function leave(port: number): Promise<void> {
  using client = await Client.connect(port);
  await client.finish();
  await client.readToEnd();
}
