import type { Address } from "../../table/address.ts";
import { dialFrom } from "./bound_stream.ts";
import type { Deadlines } from "./deadlines.ts";
import { isSelf, refusal } from "./self_connection.ts";
import type { Stream } from "./stream.ts";

/**
 * Connects to a channel, with TCP_NODELAY and SO_KEEPALIVE set.
 *
 * @param source address to connect from
 * @param connect ends the attempt early
 * @param deadlines end it when the connect timeout has passed
 * @param now what their clock shows, if that is known
 * @throws the reason of whoever ended the attempt
 * @throws {Error} with a `code` such as ECONNREFUSED
 */
export async function dial(
  address: Address,
  source: string | undefined,
  connect: AbortController,
  deadlines: Deadlines,
  now?: number,
): Promise<Stream> {
  const { signal } = connect, deadline = deadlines.watch(connect, now);
  try {
    if (source !== undefined) return await dialFrom(source, address, signal);
    const connection = await Deno.connect({ hostname: address.host, port: address.port, signal: quiet(signal) });
    try {
      if (signal.aborted) throw signal.reason;
      if (isSelf(address, connection.localAddr.hostname, connection.localAddr.port)) throw refusal();
      // Some systems refuse it once the connection has been reset.
      connection.setNoDelay();
      connection.setKeepAlive();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    deadlines.release(deadline);
  }
}

/**
 * The same signal, which no longer throws. Deno (2.9) asks it again once the connection is there, and if it was
 * aborted in that moment, Deno throws and loses the connection, which nobody can close then.
 */
function quiet(signal: AbortSignal): AbortSignal {
  signal.throwIfAborted = nothing;
  return signal;
}

function nothing(): void {}
