import { Backend, type BackendOptions } from "../support/backend.ts";
import { pause } from "../support/eventually.ts";
import { writeAll } from "../support/streams.ts";
import { expected, replySize, REQUEST_SIZE, REQUESTS } from "./checked_traffic.ts";

/** Bytes that a stream gets at a time, and the milliseconds in between. */
const PIECE = 8 * 1024, PAUSE = 50;

/** A back end for `SteadyLoad`: it answers requests, or sends a stream until the client ends its side. */
export function checkedBackend(options?: BackendOptions): Backend {
  return new Backend(async (connection) => {
    const kind = await readExactly(connection, 1);
    if (kind === undefined) return;
    await (kind[0] === REQUESTS ? answer(connection) : stream(connection));
  }, options);
}

async function answer(connection: Deno.TcpConn): Promise<void> {
  for (let request; (request = await readExactly(connection, REQUEST_SIZE)) !== undefined;) {
    const number = new DataView(request.buffer).getUint32(0);
    await writeAll(connection, expected(number, replySize(number)));
  }
}

async function stream(connection: Deno.TcpConn): Promise<void> {
  let over = false;
  const ended = connection.read(new Uint8Array(1)).then(() => over = true, () => over = true);
  for (let position = 0; !over; position += PIECE) {
    await writeAll(connection, expected(position, PIECE));
    await pause(PAUSE);
  }
  await ended;
}

/** Undefined at the end of the stream. */
async function readExactly(connection: Deno.TcpConn, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length;) {
    const read = await connection.read(bytes.subarray(offset));
    if (read === null) return undefined;
    offset += read;
  }
  return bytes;
}
