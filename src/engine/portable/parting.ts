import { FAREWELL } from "../farewell.ts";
import type { RunningClock } from "../running_clock.ts";
import { SMALL } from "./buffers.ts";
import { closeQuietly, type Stream } from "./stream.ts";

/**
 * Tells a client something short, ends, and waits until it has closed, or a while; see `FAREWELL`. The caller closes the
 * client. Never rejects.
 */
export async function part(client: Stream, farewell: Uint8Array, clock: RunningClock): Promise<void> {
  const alarm = clock.at(clock.now() + FAREWELL.TIME, () => closeQuietly(client)), buffer = new Uint8Array(SMALL);
  try {
    await client.write(farewell);
    await client.closeWrite();
    for (let left: number = FAREWELL.BYTES; left > 0;) {
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
