import assert from "node:assert/strict";
import { Client } from "./client.ts";
import { within } from "./eventually.ts";
import type { Controllable } from "./instance.ts";
import { digestOf, pattern } from "./pattern.ts";

/** Sends a text to an echoing back end; fails unless it comes back. */
export async function echo(client: Client, text: string): Promise<void> {
  await client.send(text);
  assert.equal(new TextDecoder().decode(await client.readExactly(text.length)), text);
}

/** A client of an instance that has its connection to an echoing back end established. */
export async function established(instance: Controllable): Promise<Client> {
  const client = await instance.client();
  await echo(client, "hello");
  return client;
}

/** Sends `length` bytes to an echoing back end, with the end of the stream; fails unless they all come back unchanged. */
export async function assertEchoed(port: number, length: number, seed = 1): Promise<void> {
  const bytes = pattern(length, seed);
  using client = await Client.connect(port);
  const sent = client.send(bytes).then(() => client.finish());
  const [received] = await within(60, `get ${length} bytes back`, Promise.all([client.readToEnd(), sent]));
  assert.deepEqual(received, { ...digestOf(bytes), end: "end-of-stream" });
}
