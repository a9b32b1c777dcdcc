import { familyOf } from "../table/address.ts";

/** How names are asked for. */
export interface ResolverConfig {
  readonly servers: readonly NameServer[];
  /** Domains that are put behind a name. */
  readonly search: readonly string[];
  /** A name with fewer dots is first looked for in these domains. */
  readonly dots: number;
}

/** A name server. */
export interface NameServer {
  /** Numeric address. */
  readonly host: string;
  readonly port: number;
}

/** The port of name servers. */
const DNS_PORT = 53;

/** Servers and domains that resolv.conf(5) can have. */
const MOST_SERVERS = 3, MOST_DOMAINS = 6, MOST_DOTS = 15;

/** Reads resolv.conf(5). What cannot be understood is left out, as the system's resolver does. */
export function readResolverConfig(text: string): ResolverConfig {
  const servers: NameServer[] = [];
  let search: string[] = [], dots = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.replace(/^\s*[#;].*/, "").split(/\s+/).filter((word) => word !== "");
    if (keyword === "nameserver" && servers.length < MOST_SERVERS) {
      const host = words[0]?.replace(/%.*/, "") ?? "";
      if (familyOf(host) !== 0) servers.push({ host: words[0], port: DNS_PORT });
    } else if (keyword === "search") search = words.slice(0, MOST_DOMAINS);
    else if (keyword === "domain") search = words.slice(0, 1);
    else if (keyword === "options") {
      const found = words.map((word) => /^ndots:(\d+)$/.exec(word)?.[1]).findLast((digits) => digits !== undefined);
      if (found !== undefined) dots = Math.min(Number(found), MOST_DOTS);
    }
  }
  return {
    servers,
    search: search.map((domain) => domain.replace(/^\.|\.$/g, "")).filter((domain) => domain !== ""),
    dots,
  };
}

/** The full names that a name may stand for, in the order in which they are asked for (resolv.conf(5), `ndots`). */
export function fullNames(name: string, { search, dots }: Pick<ResolverConfig, "search" | "dots">): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const inDomains = search.map((domain) => `${name}.${domain}`);
  return name.split(".").length - 1 >= dots ? [name, ...inDomains] : [...inDomains, name];
}
