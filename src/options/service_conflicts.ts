import { quote } from "../log/escape.ts";
import { isMapped, parseHost } from "../table/address.ts";
import { FaultCode } from "./fault.ts";
import { standardName } from "./service_spec.ts";
import { placeText, type SourceFault } from "./source_fault.ts";
import { namePlace, type PlacedService, portsPlace, type SourcePiece } from "./service_places.ts";

/** Two services of one name, and ports that are listened on twice. */
export function findConflicts(services: readonly PlacedService[]): SourceFault[] {
  return [...sameNames(services), ...samePorts(services)];
}

function sameNames(services: readonly PlacedService[]): SourceFault[] {
  const named = new Map<string, PlacedService>(), faults: SourceFault[] = [];
  for (const service of services) {
    const { name } = service.spec, before = named.get(name);
    if (before === undefined) named.set(name, service);
    else if (!overlaps(service, before)) {
      const hint = [service, before].some(({ spec }) => spec.name !== standardName(spec.ports))
        ? ""
        : "; give it a --name";
      const message = `another service is called ${quote(name)}, at ${placeText(namePlace(before))}${hint}`;
      faults.push(fault(service, message, namePlace));
    }
  }
  return faults;
}

/** Whether two services have a port in common, which says more than that their names are the same. */
function overlaps(a: PlacedService, b: PlacedService): boolean {
  return samePorts([a, b]).length > 0;
}

/** One range of ports on one address. */
interface Claim {
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
class Open {
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

/** Ports that are claimed twice; each service is named once, for the first of them. */
function samePorts(services: readonly PlacedService[]): SourceFault[] {
  const claims = services.flatMap(claimsOf).sort((a, b) => a.first - b.first || a.index - b.index);
  const open = new Open(), found = new Map<PlacedService, { index: number; fault: SourceFault }>();
  for (const claim of claims) {
    const rival = open.meets(claim);
    open.add(claim);
    if (rival === undefined) continue;
    // The later one of the two is wrong.
    const [before, after] = rival.index <= claim.index ? [rival, claim] : [claim, rival];
    if (found.has(after.service)) continue;
    const name = quote(before.service.spec.name), same = before.host === after.host;
    const message = before.service === after.service
      ? `port ${claim.first} is used twice: ` +
        (same ? `-b ${quote(after.host)} is given twice` : `-b ${quote(after.host)} and ${quote(before.host)} overlap`)
      : `port ${claim.first}${same ? "" : ` on ${quote(after.host)}`} is taken by service ${name}` +
        `${same ? "" : ` on ${quote(before.host)}`}, at ${placeText(portsPlace(before.service))}`;
    found.set(after.service, { index: after.index, fault: fault(after.service, message, portsPlace) });
  }
  return [...found.values()].sort((a, b) => a.index - b.index).map(({ fault }) => fault);
}

function claimsOf(service: PlacedService, index: number): Claim[] {
  const { ports, values: { hostname, ipv6 } } = service.spec;
  const hosts = (hostname ?? [ipv6 ? "::" : "0.0.0.0"]).map(hostOf);
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

function fault(
  service: PlacedService,
  message: string,
  place: (service: PlacedService) => SourcePiece,
): SourceFault {
  return { ...place(service), message, code: FaultCode.USAGE };
}
