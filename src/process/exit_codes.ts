import { escape } from "../log/escape.ts";

/** Exit codes (Balance manual; the numbers are those of sysexits(3)). */
export const ExitCode = {
  OK: 0,
  /** A control command was refused, with `--strict`, `--diff` or `--health`. */
  REFUSED: 1,
  /** Wrong option, missing or bad port, too many channels. */
  USAGE: 64,
  /** Unknown or invalid channel address. */
  ADDRESS: 65,
  /** The control directory, its socket or the file of services cannot be used. */
  RENDEZVOUS: 66,
  /** Something went wrong inside the program. */
  SOFTWARE: 70,
  /** No instance to control, empty group, too many groups. */
  UNAVAILABLE: 69,
  /** What a control command waited for has not come. */
  TIMED_OUT: 75,
  /** The port cannot be bound, or the system refuses. */
  SYSTEM: 71,
} as const;

/** When each is used. */
export const EXIT_MEANINGS: Readonly<Record<(typeof ExitCode)[keyof typeof ExitCode], string>> = {
  [ExitCode.OK]: "done; a control command that is refused says so in its reply, as in Balance",
  [ExitCode.REFUSED]:
    "a control command was refused, with --strict or if it was allow, close, deny, unban, drain, shut or wait; with --diff, the file cannot be applied; with --health, no channel is usable",
  [ExitCode.USAGE]: "wrong option, missing or bad port, too many channels",
  [ExitCode.ADDRESS]: "unknown or invalid channel address, or one that leads back here without a limit",
  [ExitCode.RENDEZVOUS]: "the control directory, its socket or the file of services cannot be used",
  [ExitCode.UNAVAILABLE]: "no instance to control, or several; empty group before a separator; too many groups",
  [ExitCode.SOFTWARE]: "an error inside the program",
  [ExitCode.TIMED_OUT]: "wait timed out",
  [ExitCode.SYSTEM]: "the port cannot be bound, or the system refuses",
};

/** An error that ends the program with one line on standard error and an exit code. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly code: number;
  /** More lines for standard error, such as a list of candidates. */
  readonly details: readonly string[];

  constructor(code: number, message: string, details: readonly string[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Turns any other error into one that ends the program: a missing permission, or a fault in the program itself. */
export function unexpected(error: unknown): ExitError {
  if (error instanceof Deno.errors.NotCapable) return new ExitError(ExitCode.SYSTEM, escape(error.message));
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return new ExitError(ExitCode.SOFTWARE, `unexpected error: ${escape(text)}`);
}

/** An error's message, to be appended to the start of a line. */
export function uncapitalised(error: unknown): string {
  const { message } = error as Error;
  return message.charAt(0).toLowerCase() + message.slice(1);
}
