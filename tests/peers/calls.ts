/** Clients, with a PROXY header in front or not, and what they are told. */
import assert from "node:assert/strict";
import { writeProxyHeader } from "../../src/preamble/write_proxy_header.ts";
import { parseHost } from "../../src/table/address.ts";
import { Client } from "../support/client.ts";
import { isConnectionGone } from "../support/streams.ts";

/** A PROXY header from a client to 198.51.100.1 or 2001:db8:ffff::1. */
export function header(version: 1 | 2, host: string, port = 1234): Uint8Array {
  const into = new Uint8Array(200), end = (host: string, port: number) => ({ address: parseHost(host).bytes, port });
  const destination = end(host.includes(":") ? "2001:db8:ffff::1" : "198.51.100.1", 443);
  return into.slice(0, writeProxyHeader(into, { version, source: end(host, port), destination }));
}

/** A client that has sent these pieces, and what it is told first; empty if it is turned away. */
export async function call(
  port: number,
  ...pieces: (Uint8Array | string)[]
): Promise<{ client: Client; answer: string }> {
  const client = await Client.connect(port);
  try {
    for (const piece of pieces) await client.send(piece);
    return { client, answer: await client.readText() ?? "" };
  } catch (error) {
    if (!isConnectionGone(error)) throw error;
    return { client, answer: "" };
  }
}

/** What such a client is told, which then leaves. */
export async function told(port: number, ...pieces: (Uint8Array | string)[]): Promise<string> {
  const { client, answer } = await call(port, ...pieces);
  client[Symbol.dispose]();
  return answer;
}

/** The same until it has got a line `end` back. */
export async function echoed(port: number, ...pieces: (Uint8Array | string)[]): Promise<string> {
  const { client, answer } = await call(port, ...pieces, "end\n");
  using _client = client;
  let text = answer;
  while (!text.endsWith("end\n")) {
    text += await client.readText() ?? assert.fail(`it ended after ${JSON.stringify(text)}`);
  }
  return text;
}

/** Bytes in two pieces, the first one `at` long. */
export function halves(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
