import type { End } from "../../table/records/ends.ts";

/**
 * How connections end, as HAProxy says it in two letters (its manual, "Session state at disconnection"): who or what
 * ended it, and in which phase. `-` is nobody: it ended well.
 */
const STATES: Readonly<Record<End, string>> = {
  "closed": "--",
  "idle": "cD",
  "client-reset": "CD",
  "channel-reset": "SD",
  "half-close-timeout": "cD",
  "no-channel": "SC",
  "refused": "SC",
  "unreachable": "SC",
  "connect-timeout": "sC",
  "all-full": "SQ",
  "queue-full": "SQ",
  "queue-timeout": "sQ",
  "left-queue": "CQ",
  "left-connecting": "CC",
  "left-early": "CR",
  "denied": "PR",
  "rate": "PR",
  "per-client": "PR",
  "proxy-header": "PR",
  "proxy-timeout": "cR",
  "no-route": "PR",
  "killed": "KD",
  "drained": "KD",
  "channel-down": "DD",
  "stopped": "KD",
  "local": "RC",
  "bug": "ID",
};

/** HAProxy's two letters for the end of a record; `LD` while the connection lasts. */
export function haproxyState(end: string): string {
  return end === "open" ? "LD" : STATES[end as End];
}
