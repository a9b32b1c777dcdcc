import { type RefusalReason, REFUSALS } from "../clients/refusals.ts";
import { END, type EndNumber } from "./ends.ts";

const ENDS: Readonly<Record<RefusalReason, EndNumber>> = {
  peer: END.DENIED,
  denied: END.DENIED,
  operator: END.DENIED,
  connections: END.PER_CLIENT,
  rate: END.RATE,
  "proxy-header": END.PROXY_HEADER,
  "proxy-timeout": END.PROXY_TIMEOUT,
  "no-route": END.NO_ROUTE,
};

/** How the connection of a client ends that is refused for this reason. */
export function endOfRefusal(reason: RefusalReason): EndNumber {
  return ENDS[reason];
}

/** What its record says as `detail`. */
export function detailOfRefusal(reason: RefusalReason): number {
  return REFUSALS.indexOf(reason);
}
