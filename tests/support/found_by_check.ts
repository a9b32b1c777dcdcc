import { Probes } from "../../src/health/probes/probes.ts";
import type { Target } from "../../src/health/target.ts";

/** What a check of a port on this machine is about. */
export function checked(port: number, check: string, options: Partial<Target> = {}): Target {
  return {
    ...{ address: "127.0.0.1", port, host: "www.example", check, expect: undefined, source: undefined },
    ...{ interval: 2000, timeout: 20_000, rise: 2, fall: 3 },
    ...options,
  };
}

/** What a check finds out: its result and the reason. */
export async function found(port: number, check: string, options: Partial<Target> = {}): Promise<string> {
  const probes = new Probes(4);
  try {
    const { code, reason } = await probes.begin(checked(port, check, options)).verdict;
    return reason === "" ? code : `${code}: ${reason}`;
  } finally {
    await probes.stop();
  }
}
