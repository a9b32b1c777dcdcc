import { getSystemErrorMessage } from "node:util";
import type { Result } from "./results.ts";

const RESULTS: Readonly<Record<Exclude<Result, "connected">, string>> = {
  refused: "connection refused",
  unreachable: "it cannot be reached",
  timeout: "no answer in time",
  reset: "connection reset",
  withdrawn: "given up before it answered, or not reachable from the source address",
  local: "a shortage on this machine",
  other: "the connect failed",
};

/** Why an attempt failed, in words; empty if it did not. */
export function attemptReason(result: Result, errno: number): string {
  if (result === "connected") return "";
  const why = errno > 0 && result !== "refused" && result !== "timeout" ? errorText(errno) : undefined;
  return why === undefined || result === "withdrawn" ? RESULTS[result] : why;
}

/** What the system says about an error number; undefined if it is unknown. */
export function errorText(errno: number): string | undefined {
  return getSystemErrorMessage(-errno);
}
