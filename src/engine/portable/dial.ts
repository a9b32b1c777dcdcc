import type { Address } from "../../table/address.ts";
import { dialFrom } from "./bound_stream.ts";
import type { Stream } from "./stream.ts";

/** A connect that was not answered in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
  readonly code = "ETIMEDOUT";

  constructor(seconds: number) {
    super(`no answer within ${seconds} s`);
  }
}

/**
 * Connects to a channel, with TCP_NODELAY and SO_KEEPALIVE set.
 *
 * @param seconds how long it may take
 * @param source address to connect from
 * @param stop ends the attempt early
 * @throws {ConnectTimeout} when the time is over
 * @throws {Error} with a `code` such as ECONNREFUSED
 */
export async function dial(
  address: Address,
  seconds: number,
  source: string | undefined,
  stop: AbortSignal,
): Promise<Stream> {
  const abort = new AbortController();
  const leave = () => abort.abort(stop.reason);
  const timer = setTimeout(() => abort.abort(new ConnectTimeout(seconds)), seconds * 1000);
  stop.addEventListener("abort", leave);
  try {
    stop.throwIfAborted();
    if (source !== undefined) return await dialFrom(source, address, abort.signal);
    const connection = await Deno.connect({ hostname: address.host, port: address.port, signal: abort.signal });
    connection.setNoDelay();
    connection.setKeepAlive();
    return connection;
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", leave);
  }
}
