import assert from "node:assert/strict";
import type { ProxyHeader } from "../../src/preamble/proxy_header.ts";
import { readProxyHeader } from "../../src/preamble/read_proxy_header.ts";
import { formatHost } from "../../src/table/address.ts";
import { Backend, type BackendOptions } from "./backend.ts";
import { readChunks, writeAll } from "./streams.ts";

/** A connection that began with a header. */
export interface Introduction {
  readonly header: ProxyHeader;
  /** The header as it came. */
  readonly bytes: Uint8Array;
  /** What came with the header in its last segment. */
  readonly first: Uint8Array;
  /** `SOURCE PORT -> DESTINATION PORT`; undefined if the header does not tell. */
  readonly text: string | undefined;
}

/** What a back end does with a connection once it has the header. */
export type ServeIntroduced = (connection: Deno.TcpConn, introduced: Introduction) => Promise<void>;

/** Sends back what follows the header, and its end after the client's. */
export async function echoAfterHeader(connection: Deno.TcpConn, { first }: Introduction): Promise<void> {
  await writeAll(connection, first);
  await readChunks(connection, (bytes) => writeAll(connection, bytes));
}

/**
 * A back end that requires a PROXY header and does nothing before it has it, as real ones do. The headers are in `seen`
 * in the order in which they came.
 */
export function introducedBackend(
  seen: Introduction[],
  serve: ServeIntroduced = echoAfterHeader,
  options?: BackendOptions,
): Backend {
  return new Backend(async (connection) => {
    const introduced = await receiveHeader(connection);
    if (introduced === undefined) return;
    seen.push(introduced);
    await serve(connection, introduced);
  }, options);
}

/** Reads a header. @returns undefined if the connection ends without a byte */
async function receiveHeader(connection: Deno.TcpConn): Promise<Introduction | undefined> {
  const buffer = new Uint8Array(64 * 1024);
  for (let end = 0;;) {
    const length = await connection.read(buffer.subarray(end));
    if (length === null && end === 0) return undefined;
    assert.ok(length !== null, `the connection ended after ${end} bytes of a header`);
    end += length;
    const header = readProxyHeader(buffer.subarray(0, end));
    if (typeof header === "number") continue;
    assert.ok("length" in header, `${JSON.stringify(header)}: ${JSON.stringify(latin1(buffer.subarray(0, end)))}`);
    const bytes = buffer.slice(0, header.length), first = buffer.slice(header.length, end);
    return { header, bytes, first, text: described(header) };
  }
}

function described({ source, destination }: ProxyHeader): string | undefined {
  if (source === undefined || destination === undefined) return undefined;
  return [source, destination].map(({ address, port }) => `${formatHost(address)} ${port}`).join(" -> ");
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
