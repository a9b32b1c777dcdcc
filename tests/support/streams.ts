/** The byte-level reading and writing that clients and backends share. */
import { type Digest, Digester } from "./pattern.ts";

/** Writes all of it and tells `written` how many bytes the kernel took each time. */
export async function writeAll(
  to: Deno.TcpConn,
  bytes: Uint8Array,
  written: (bytes: number) => void = () => {},
): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const length = await to.write(bytes.subarray(offset));
    written(length);
    offset += length;
  }
}

/** Calls `each` with every chunk until the stream ends; the bytes are valid during the call only. */
export async function readChunks(from: Deno.TcpConn, each: (bytes: Uint8Array) => unknown): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return;
    await each(buffer.subarray(0, length));
  }
}

/** Reads to the end and returns its kind. */
export async function readDigest(from: Deno.TcpConn): Promise<Digest> {
  const digester = new Digester();
  await readChunks(from, (bytes) => digester.update(bytes));
  return digester.digest();
}

/** Whether an error says that the other side, or this one, has ended the connection. */
export function isConnectionGone(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ECONNRESET" || code === "EPIPE" || code === "ENOTCONN" || code === "ECONNABORTED" ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionAborted;
}
