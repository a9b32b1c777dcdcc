import { windows } from "./program.ts";

/** Something that a test needs and that is not available everywhere. */
export interface Requirement {
  readonly met: boolean;
  /** Why the test is ignored if it is not met. */
  readonly reason: string;
}

/** Unix sockets, signals, file modes. */
export const posix: Requirement = { met: !windows, reason: "needs a POSIX system" };

/** `/proc`. */
export const linux: Requirement = { met: !windows && Deno.build.os === "linux", reason: "needs Linux" };

/** Root's rights. */
export const root: Requirement = { met: !windows && Deno.uid() === 0, reason: "needs root" };

/** Real systems, for a test of what is the same on all of them: under Wine, a program takes seconds to start. */
export const notUnderWine: Requirement = {
  met: !windows || Deno.build.os === "windows",
  reason: "the same on every system; slow under Wine",
};

/** IPv6 on the loopback interface. */
export const ipv6: Requirement = { met: canListen("::1"), reason: "needs IPv6" };

/** The same for a test of the contract: why it cannot run. */
export const noIPv6 = !ipv6.met && ipv6.reason;

/** Namespaces of the given kinds (unshare(1)). */
export function namespaces(...options: string[]): Requirement {
  const met = linux.met && succeeds("unshare", [...options, "true"]);
  return { met, reason: `needs unshare ${options.join(" ")}` };
}

/** Programs in the path. */
export function installed(...names: string[]): Requirement {
  const missing = windows ? names : names.filter((name) => !succeeds("sh", ["-c", `command -v -- "$0"`, name]));
  return { met: missing.length === 0, reason: `needs ${missing.join(", ")}` };
}

/** Any other condition. */
export function condition(met: boolean, reason: string): Requirement {
  return { met, reason };
}

/** A test that is ignored, with the reason in its name, where one of its requirements is not met. */
export function testWith(needs: readonly Requirement[], name: string, fn: () => void | Promise<void>): void {
  const missing = needs.find(({ met }) => !met);
  if (missing === undefined) Deno.test(name, fn);
  else Deno.test({ name: `${name} (${missing.reason})`, ignore: true, fn });
}

/** Whether a program runs to its end without an error. */
export function succeeds(command: string, args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Whether an address is one of this machine. */
export function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
