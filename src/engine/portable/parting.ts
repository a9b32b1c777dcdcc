import type { RunningClock } from "../running_clock.ts";
import { SMALL } from "./buffers.ts";
import { closeQuietly, type Stream } from "./stream.ts";

/** Milliseconds for which a client may take to read its farewell and close. */
const LIMIT = 2_000;

/** Bytes of what it sends meanwhile that are read. */
const MOST = 1024 * 1024;

/**
 * Tells a client something short, ends, and waits until it has closed, or a while. What it sends meanwhile is read and
 * dropped: a socket that is closed with bytes unread is reset (RFC 2525, 2.17), and its peer may lose what it was sent.
 * The caller closes the client. Never rejects.
 */
export async function part(client: Stream, farewell: Uint8Array, clock: RunningClock): Promise<void> {
  const alarm = clock.at(clock.now() + LIMIT, () => closeQuietly(client)), buffer = new Uint8Array(SMALL);
  try {
    await client.write(farewell);
    await client.closeWrite();
    for (let left = MOST; left > 0;) {
      const length = await client.read(buffer);
      if (length === null) break;
      left -= length;
    }
  } catch {
    // It is gone already, or has taken too long.
  } finally {
    alarm.cancel();
  }
}
