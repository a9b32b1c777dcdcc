/**
 * What came of an attempt to connect a channel, by number. `withdrawn`: it was given up before the channel answered,
 * because the client left, the channel was disabled, or the connection was closed; or the channel cannot be reached from
 * the address that the connection was to have. `local`: this machine lacked something; the channel was not
 * even tried.
 */
export const RESULTS = [
  "connected",
  "refused",
  "unreachable",
  "timeout",
  "reset",
  "withdrawn",
  "local",
  "other",
] as const satisfies readonly Result[];

/** What came of an attempt to connect a channel. */
export type Result =
  | "connected"
  | "refused"
  | "unreachable"
  | "timeout"
  | "reset"
  | "withdrawn"
  | "local"
  | "other";

/** Number of a result. */
export const RESULT = {
  CONNECTED: 0,
  REFUSED: 1,
  UNREACHABLE: 2,
  TIMEOUT: 3,
  RESET: 4,
  WITHDRAWN: 5,
  LOCAL: 6,
  OTHER: 7,
} as const;

/** One of `RESULT`. */
export type ResultNumber = typeof RESULT[keyof typeof RESULT];

/** Whether a result is the channel's fault. */
export function isFault(result: ResultNumber): boolean {
  return result !== RESULT.CONNECTED && result !== RESULT.WITHDRAWN && result !== RESULT.LOCAL;
}

const BY_NAME: Readonly<Record<string, ResultNumber>> = {
  ECONNREFUSED: RESULT.REFUSED,
  EHOSTUNREACH: RESULT.UNREACHABLE,
  ENETUNREACH: RESULT.UNREACHABLE,
  EHOSTDOWN: RESULT.UNREACHABLE,
  ENETDOWN: RESULT.UNREACHABLE,
  ETIMEDOUT: RESULT.TIMEOUT,
  ECONNRESET: RESULT.RESET,
  ECONNABORTED: RESULT.RESET,
  EPIPE: RESULT.RESET,
};

/** The result of a connect that failed with an errno of this name (connect(2)), through no shortage on this machine. */
export function resultOf(code: string | undefined): ResultNumber {
  return BY_NAME[code ?? ""] ?? RESULT.OTHER;
}
