import type { Address } from "../../table/address.ts";
import { dialFrom } from "./bound_stream.ts";
import type { Stream } from "./stream.ts";

/**
 * Connects to a channel, with TCP_NODELAY and SO_KEEPALIVE set.
 *
 * @param source address to connect from
 * @param signal ends the attempt early
 * @throws the signal's reason when it ended the attempt
 * @throws {Error} with a `code` such as ECONNREFUSED
 */
export async function dial(address: Address, source: string | undefined, signal: AbortSignal): Promise<Stream> {
  try {
    if (source !== undefined) return await dialFrom(source, address, signal);
    const connection = await Deno.connect({ hostname: address.host, port: address.port, signal });
    connection.setNoDelay();
    connection.setKeepAlive();
    return connection;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
