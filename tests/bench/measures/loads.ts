import type { Proxy, Stand } from "../stand.ts";

/** Clients at a time, for requests and for new connections. */
const ABREAST = 32;

/** What a load shows: units a second, and microseconds of the proxy's processor time a unit. */
export interface Shown {
  readonly perSecond: number;
  readonly processor: number;
  /** Percent of one processor the proxy was busy: near 100 where it was the bottleneck. */
  readonly busy: number;
}

/**
 * Puts a load of requests or of new connections on a proxy for one window.
 *
 * @param hello whether requests of new connections are ClientHellos
 */
export async function underLoad(
  stand: Stand,
  proxy: Proxy,
  kind: "keepAlive" | "newConnections",
  hello = false,
): Promise<Shown> {
  const { done, seconds, processor } = await stand.window(proxy, kind, ABREAST, hello);
  return {
    perSecond: done / seconds,
    processor: processorTimeOf(proxy, processor) / done / 1e3,
    busy: processor / seconds / 1e7,
  };
}

/** Without a proxy there is no such time, which is not the same as 0. */
export function processorTimeOf(proxy: Proxy, nanoseconds: number): number {
  return proxy.pids.length === 0 ? NaN : nanoseconds;
}
