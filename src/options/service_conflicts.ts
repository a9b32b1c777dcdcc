import { quote } from "../log/escape.ts";
import { FaultCode } from "./fault.ts";
import { Claims, claimsOf, OpenClaims } from "./port_claims.ts";
import { standardName } from "./service_spec.ts";
import { placeText, type SourceFault } from "./source_fault.ts";
import { namePlace, type PlacedService, portsPlace, type SourcePiece } from "./service_places.ts";

/** Two services of one name, and ports that are listened on twice. */
export function findConflicts(services: readonly PlacedService[]): SourceFault[] {
  return [...sameNames(services), ...samePorts(services)];
}

function sameNames(services: readonly PlacedService[]): SourceFault[] {
  const named = new Map<string, First>(), faults: SourceFault[] = [];
  for (const [index, service] of services.entries()) {
    const { name } = service.spec, before = named.get(name);
    if (before === undefined) named.set(name, new First(service));
    // That they have a port in common says more than that their names are the same.
    else if (!claimsOf(service, index).some((claim) => before.claims.meets(claim))) {
      const hint = [service, before.service].some(({ spec }) => spec.name !== standardName(spec.ports))
        ? ""
        : "; give it a --name";
      const message = `another service is called ${quote(name)}, at ${before.place}${hint}`;
      faults.push(fault(service, message, namePlace));
    }
  }
  return faults;
}

/** The first service of a name, with what is asked about it for each other one. */
class First {
  readonly service: PlacedService;
  #claims: Claims | undefined;
  #place: string | undefined;

  constructor(service: PlacedService) {
    this.service = service;
  }

  get claims(): Claims {
    return this.#claims ??= new Claims(claimsOf(this.service, 0));
  }

  get place(): string {
    return this.#place ??= placeText(namePlace(this.service));
  }
}

/** Ports that are claimed twice; each service is named once, for the first of them. */
function samePorts(services: readonly PlacedService[]): SourceFault[] {
  const claims = services.flatMap(claimsOf).sort((a, b) => a.first - b.first || a.index - b.index);
  const places = new Map<PlacedService, string>();
  const placeOf = (service: PlacedService) => {
    const known = places.get(service) ?? placeText(portsPlace(service));
    places.set(service, known);
    return known;
  };
  const open = new OpenClaims(), found = new Map<PlacedService, { index: number; fault: SourceFault }>();
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
        `${same ? "" : ` on ${quote(before.host)}`}, at ${placeOf(before.service)}`;
    found.set(after.service, { index: after.index, fault: fault(after.service, message, portsPlace) });
  }
  return [...found.values()].sort((a, b) => a.index - b.index).map(({ fault }) => fault);
}

function fault(
  service: PlacedService,
  message: string,
  place: (service: PlacedService) => SourcePiece,
): SourceFault {
  return { ...place(service), message, code: FaultCode.USAGE };
}
