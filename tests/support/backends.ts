import { Backend, type BackendOptions } from "./backend.ts";
import { pattern } from "./pattern.ts";
import { readChunks, readDigest, writeAll } from "./streams.ts";

const encoder = new TextEncoder();

/** Sends back what it gets, and its end after the client's. */
export function echoBackend(options?: BackendOptions): Backend {
  return new Backend((connection) => readChunks(connection, (bytes) => writeAll(connection, bytes)), options);
}

/** Says its name at once and stays until the client has ended. */
export function namedBackend(name: string, options?: BackendOptions): Backend {
  return new Backend(async (connection) => {
    await writeAll(connection, encoder.encode(name));
    await readChunks(connection, () => {});
  }, options);
}

/** Says its name and ends, then waits for the client's end. */
export function closingBackend(name: string, options?: BackendOptions): Backend {
  return new Backend(async (connection) => {
    await writeAll(connection, encoder.encode(name));
    await connection.closeWrite();
    await readChunks(connection, () => {});
  }, options);
}

/** Sends `pattern(length)` and its end, then waits for the client's. */
export function sendingBackend(length: number, options?: BackendOptions): Backend {
  const bytes = pattern(length);
  return new Backend(async (connection) => {
    await writeAll(connection, bytes);
    await connection.closeWrite();
    await readChunks(connection, () => {});
  }, options);
}

/** Reads to the client's end, then answers with the `Digest` of what it got, as JSON. */
export function digestBackend(options?: BackendOptions): Backend {
  return new Backend(async (connection) => {
    const digest = await readDigest(connection);
    await writeAll(connection, encoder.encode(JSON.stringify(digest)));
  }, options);
}

/** Reads and says nothing until the client has ended. */
export function silentBackend(options?: BackendOptions): Backend {
  return new Backend((connection) => readChunks(connection, () => {}), options);
}
