import type { RefusalReason } from "../table/clients/refusals.ts";
import { END, type EndNumber } from "../table/records/ends.ts";

const ENDS: Readonly<Record<RefusalReason, EndNumber>> = {
  "peer": END.DENIED,
  "denied": END.DENIED,
  "operator": END.DENIED,
  "connections": END.PER_CLIENT,
  "rate": END.RATE,
  "proxy-header": END.PROXY_HEADER,
  "proxy-timeout": END.PROXY_TIMEOUT,
  "no-route": END.NO_ROUTE,
};

/** How the connection of a client that is not let in ends. */
export function endOfRefusal(reason: RefusalReason): EndNumber {
  return ENDS[reason];
}
