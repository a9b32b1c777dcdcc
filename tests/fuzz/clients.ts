import type { Client } from "../../src/selection/strategy.ts";
import { parseHost } from "../../src/table/address.ts";

/** Clients of both address families. */
export const CLIENTS: readonly Client[] = Array.from({ length: 12 }, (_, i) => ({
  address: parseHost(i % 3 === 0 ? `2001:db8::${i}` : `192.0.2.${i}`).bytes,
  port: 1000 + i,
}));
