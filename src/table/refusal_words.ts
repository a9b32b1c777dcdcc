import type { RefusalReason } from "./clients/refusals.ts";

/** Each reason in words that fit one client and many, as in "refused 10.0.0.1: …". */
export const REFUSAL_WORDS: Readonly<Record<RefusalReason, string>> = {
  peer: "not in --allow-peer",
  denied: "denied by the access list",
  operator: "denied by an operator",
  connections: "over --max-per-client",
  rate: "over --rate-per-client",
  "proxy-header": "no valid PROXY header",
  "proxy-timeout": "no PROXY header in time",
  "no-route": "no group is for this client",
};
