import assert from "node:assert/strict";
import { Client } from "./client.ts";
import { within } from "./eventually.ts";
import { digestOf, pattern } from "./pattern.ts";

/** Sends `length` bytes to an echoing back end, with the end of the stream; fails unless they all come back unchanged. */
export async function assertEchoed(port: number, length: number, seed = 1): Promise<void> {
  const bytes = pattern(length, seed);
  using client = await Client.connect(port);
  const sent = client.send(bytes).then(() => client.finish());
  const [received] = await within(60, `get ${length} bytes back`, Promise.all([client.readToEnd(), sent]));
  assert.deepEqual(received, { ...digestOf(bytes), end: "end-of-stream" });
}
