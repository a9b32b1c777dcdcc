import { REFUSALS } from "../../table/clients/refusals.ts";
import { errorText } from "../../table/records/attempt_reason.ts";
import type { End, Party } from "../../table/records/ends.ts";
import { REFUSAL_WORDS } from "../../table/refusal_words.ts";

/** How connections end, in words that fit behind a colon. */
const ENDS: Readonly<Record<Exclude<End, "closed">, string>> = {
  "idle": "nothing moved for as long as --idle-timeout allows",
  "client-reset": "the client reset the connection",
  "channel-reset": "the channel reset the connection",
  "half-close-timeout": "one side had ended, and nothing moved for as long as --half-close-timeout allows",
  "no-channel": "there was no channel to try: all are disabled, down or skipped after a failure",
  "refused": "the last channel that was tried refused the connection",
  "unreachable": "the last channel that was tried could not be reached",
  "connect-timeout": "the last channel that was tried did not answer in time",
  "all-full": "every channel was full",
  "queue-full": "every channel was full, and so was the queue",
  "queue-timeout": "every channel was full, and no place came free in time",
  "left-queue": "the client left while it waited for a place",
  "left-connecting": "the client left while a channel was being connected",
  "left-early": "the client left before it had sent the first bytes that were awaited",
  "denied": "the client may not come in",
  "rate": "the client came too often",
  "per-client": "the client had too many connections",
  "proxy-header": "there was no valid PROXY header",
  "proxy-timeout": "the PROXY header did not come in time",
  "no-route": "no group is for this client",
  "killed": "an operator closed it",
  "drained": "its channel was drained, and the time for that was over",
  "channel-down": "its channel went down",
  "stopped": "its service, or the program, ended",
  "local": "this machine was short of descriptors, ports or memory",
  "bug": "the thread that had it died",
};

/** Ends that a refusal caused, with the reason as detail. */
const REFUSED: ReadonlySet<End> = new Set<End>([
  "denied",
  "rate",
  "per-client",
  "proxy-header",
  "proxy-timeout",
  "no-route",
]);

/** Why a connection ended, in words. @param detail as in its record */
export function endReason(end: End, by: Party, detail: number): string {
  if (end === "closed") return by === "channel" ? "the channel ended first" : "the client ended first";
  if (REFUSED.has(end)) return Object.hasOwn(REFUSALS, detail) ? REFUSAL_WORDS[REFUSALS[detail]] : ENDS[end];
  const why = detail > 0 && end !== "client-reset" && end !== "channel-reset" ? errorText(detail) : undefined;
  // Which errno it was matters where several mean the same end.
  return why !== undefined && (end === "unreachable" || end === "local") ? `${ENDS[end]}: ${why}` : ENDS[end];
}
