import type { ServiceValues } from "./values.ts";

/** The words for the addresses that a service listens on: those of `-b`, otherwise any address, with `-6` IPv6 ones too. */
export function listeningHosts({ hostname = [], ipv6 }: Pick<ServiceValues, "hostname" | "ipv6">): readonly string[] {
  return hostname.length > 0 ? hostname : [ipv6 ? "::" : "0.0.0.0"];
}
