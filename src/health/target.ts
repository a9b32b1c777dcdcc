/** What is checked, and how. Channels with the same target share its checks. */
export interface Target {
  /** Numeric address. */
  readonly address: string;
  readonly port: number;
  /** What the back end is called: the Host of HTTP and the name that TLS asks for. */
  readonly host: string;
  /** A word of `--check`. */
  readonly check: string;
  /** A word of `--check-expect`. */
  readonly expect: string | undefined;
  /** Address to connect from. */
  readonly source: string | undefined;
  /** Version of the PROXY header that the check begins with, in which balance speaks for itself. Default: it has none. */
  readonly proxy?: "v1" | "v2";
  /** Milliseconds between checks. */
  readonly interval: number;
  /** Milliseconds that a check may take. */
  readonly timeout: number;
  /** Successes in a row until it is up. */
  readonly rise: number;
  /** Failures in a row until it is down. */
  readonly fall: number;
}

/** The same for equal targets, and for no others. */
export function targetKey(target: Target): string {
  const { address, port, host, check, expect, source, interval, timeout, rise, fall, proxy } = target;
  // Only checks that name the host depend on it.
  const name = /^(?:https?:|tls|exec:)/.test(check) ? host : "";
  const key = [address, port, name, check, expect, source, interval, timeout, rise, fall];
  // A predecessor's keys must be the same for targets that it could have.
  return JSON.stringify(proxy === undefined ? key : [...key, proxy]);
}

/** Limited resources that checks need. */
export type Means = "connection" | "program";

/** What a target's checks need. */
export function meansOf({ check }: Target): Means {
  return check.startsWith("exec:") ? "program" : "connection";
}
