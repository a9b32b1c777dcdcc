import { isMapped, parseHost } from "../table/address.ts";
import type { Ports } from "./port_ranges.ts";
import { listeningHosts } from "./listening_hosts.ts";
import type { PlacedService } from "./service_places.ts";

/** One range of ports on one address. */
export interface Claim {
  readonly service: PlacedService;
  /** Place of the service among all. */
  readonly index: number;
  readonly first: number;
  readonly last: number;
  readonly host: string;
  readonly family: Family;
  readonly wildcard: boolean;
}

/** `both` is the IPv6 wildcard, which takes IPv4 clients too. */
type Family = "IPv4" | "IPv6" | "both" | "name";

/** Claims on ports that begin before the one that is looked at: of each kind, the claim that goes on longest. */
export class OpenClaims {
  readonly #byHost = new Map<string, Claim>();
  readonly #byFamily = new Map<Family, Claim>();
  readonly #wildcards = new Map<Family, Claim>();

  /** One that has a port and an address in common with this one, which must not begin before any of them. */
  meets(claim: Claim): Claim | undefined {
    const rivals = claim.wildcard ? familiesOf(claim.family).map((family) => this.#byFamily.get(family)) : [
      this.#byHost.get(claim.host),
      ...familiesOf(claim.family).map((family) => this.#wildcards.get(family)),
    ];
    return rivals.find((rival) => rival !== undefined && rival.last >= claim.first);
  }

  add(claim: Claim): void {
    keepLongest(this.#byHost, claim.host, claim);
    for (const family of familiesOf(claim.family)) {
      keepLongest(this.#byFamily, family, claim);
      if (claim.wildcard) keepLongest(this.#wildcards, family, claim);
    }
  }
}

function keepLongest<K>(map: Map<K, Claim>, key: K, claim: Claim): void {
  const before = map.get(key);
  if (before === undefined || before.last < claim.last) map.set(key, claim);
}

function familiesOf(family: Family): Family[] {
  return family === "both" ? ["IPv4", "IPv6"] : family === "name" ? [] : [family];
}

/** Claims, to find whether others have a port and an address in common with them. */
export class Claims {
  readonly #byHost = new Map<string, Ranges>();
  readonly #byFamily = new Map<Family, Ranges>();
  readonly #wildcards = new Map<Family, Ranges>();

  constructor(claims: readonly Claim[]) {
    for (const claim of claims.toSorted((a, b) => a.first - b.first)) {
      rangesAt(this.#byHost, claim.host).add(claim);
      for (const family of familiesOf(claim.family)) {
        rangesAt(this.#byFamily, family).add(claim);
        if (claim.wildcard) rangesAt(this.#wildcards, family).add(claim);
      }
    }
  }

  meets(claim: Claim): boolean {
    const families = familiesOf(claim.family);
    if (claim.wildcard) return families.some((family) => this.#byFamily.get(family)?.overlap(claim));
    return this.#byHost.get(claim.host)?.overlap(claim) === true ||
      families.some((family) => this.#wildcards.get(family)?.overlap(claim));
  }
}

function rangesAt<K>(map: Map<K, Ranges>, key: K): Ranges {
  const known = map.get(key) ?? new Ranges();
  map.set(key, known);
  return known;
}

/** Ranges of ports, added in the order in which they begin. */
class Ranges {
  readonly #firsts: number[] = [];
  /** For each, the highest port of those up to it. */
  readonly #lasts: number[] = [];

  add({ first, last }: Ports): void {
    this.#lasts.push(Math.max(last, this.#lasts.at(-1) ?? last));
    this.#firsts.push(first);
  }

  /** Whether one of them has a port of this range. */
  overlap({ first, last }: Ports): boolean {
    // How many begin at its end or before.
    let low = 0, high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle] <= last) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#lasts[low - 1] >= first;
  }
}

/** Where a service listens. @param index its place among all services */
export function claimsOf(service: PlacedService, index: number): Claim[] {
  const { ports, values } = service.spec, hosts = listeningHosts(values).map(hostOf);
  return hosts.flatMap((host) => ports.map(({ first, last }) => ({ service, index, first, last, ...host })));
}

function hostOf(word: string): Pick<Claim, "host" | "family" | "wildcard"> {
  try {
    const { bytes } = parseHost(word), four = isMapped(bytes);
    const wildcard = bytes.subarray(four ? 12 : 0).every((byte) => byte === 0);
    return { host: word, family: four ? "IPv4" : wildcard ? "both" : "IPv6", wildcard };
  } catch {
    // A name, or an address whose zone is an interface: only the same text is known to be the same.
    return { host: word, family: word.includes(":") ? "IPv6" : "name", wildcard: false };
  }
}
