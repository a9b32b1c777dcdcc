import { type Reasons, systemReason } from "../log/system_reason.ts";
import { causeOf } from "../selection/cause.ts";

/**
 * What became of a check, in HAProxy's words: which layer was reached (4 the connection, 6 TLS, 7 the protocol) and what
 * happened there. `CON` no connection, `TOUT` too late, `RSP` a wrong answer, `STS` a wrong status, `PROC` a program.
 * `SOCKERR` is a shortage on this machine, which says nothing about the target.
 */
export type ResultCode =
  | "L4OK"
  | "L4CON"
  | "L4TOUT"
  | "L6OK"
  | "L6RSP"
  | "L6TOUT"
  | "L7OK"
  | "L7RSP"
  | "L7STS"
  | "L7TOUT"
  | "PROCOK"
  | "PROCERR"
  | "PROCTOUT"
  | "SOCKERR";

/** What a check has found out. */
export interface Verdict {
  readonly code: ResultCode;
  /** Why, in words that are safe to show; empty if all is well. */
  readonly reason: string;
}

/** Whether the target is alive; undefined if the check could not tell. */
export function isAlive({ code }: Verdict): boolean | undefined {
  return code === "SOCKERR" ? undefined : code.endsWith("OK");
}

/** A check that failed. */
export class CheckFailed extends Error {
  readonly code: ResultCode;

  /** @param message why, in words that are safe to show */
  constructor(code: ResultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a check that threw an error has found out. @param code what it is if the error does not say */
export function verdictOf(error: unknown, code: ResultCode): Verdict {
  const { code: found, message: reason } = failureOf(error, code);
  return { code: found, reason };
}

/** Common errors of connections, in words. */
const REASONS: Reasons = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  ETIMEDOUT: "connection timed out",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  EMFILE: "no file descriptors left",
  ENFILE: "no file descriptors left on this machine",
  EADDRNOTAVAIL: "no local port left",
};

/** What an error of the system means where a check with `code` would have failed. */
export function failureOf(error: unknown, code: ResultCode): CheckFailed {
  if (error instanceof CheckFailed) return error;
  const { code: errno, syscall } = error as { readonly code?: string; readonly syscall?: string };
  // Binding concerns only this machine.
  const isOwn = syscall === "bind" || causeOf(errno) !== "channel";
  return new CheckFailed(isOwn ? "SOCKERR" : code, systemReason(error, REASONS));
}
