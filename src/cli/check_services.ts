import { quote } from "../log/escape.ts";
import { listeningPlaces } from "../options/difference.ts";
import { channelPlace, optionPlace, type PlacedService, portsPlace } from "../options/service_places.ts";
import type { ServiceFile } from "../options/service_file.ts";
import { ExitCode, uncapitalised } from "../process/exit_codes.ts";
import { mayResolveLater, resolveHost, sameFamilyAs, type Wanted } from "../process/resolve.ts";
import { familyOf, formatAddress } from "../table/address.ts";
import { leadsBack, ownAddresses } from "../service/loops.ts";
import { type Finding, findingAt } from "./finding.ts";
import { loopMessage, reason } from "./start_instance.ts";

/** Names that are looked up at a time. */
const AT_A_TIME = 16;

/** What the services of a file would meet, in the order in which a start looks. */
export interface ServiceFindings {
  /** Addresses that connections come from. */
  readonly sources: readonly Finding[];
  /** Hosts of channels and addresses to listen on. */
  readonly hosts: readonly Finding[];
  /** Ports that cannot be opened. */
  readonly ports: readonly Finding[];
}

/** Whether the names of services resolve, and whether their ports can be opened. */
export async function checkServices({ services }: ServiceFile): Promise<ServiceFindings> {
  const names = new Names();
  await names.lookUp(services);
  const listeners: Deno.Listener[] = [], addresses = ownAddresses(), own = () => addresses;
  try {
    return {
      sources: services.flatMap((service) => checkSource(service, names)),
      hosts: services.flatMap((service) => [...checkPlaces(service, names), ...checkChannels(service, names, own)]),
      ports: services.flatMap((service) => checkPorts(service, names, listeners)),
    };
  } finally {
    for (const listener of listeners) listener.close();
  }
}

/** Looks up where a service listens. */
function checkPlaces(service: PlacedService, names: Names): Finding[] {
  const { hostname = [], ipv6 } = service.spec.values;
  return hostname.flatMap((host) => {
    const address = names.result(host, ipv6 ? IPV6 : undefined);
    if (!(address instanceof Error)) return [];
    return [findingAt(optionPlace(service, "hostname"), `option -b: ${uncapitalised(address)}`, ExitCode.USAGE)];
  });
}

/** Opens the ports of a service; they stay open, so that no other service gets them. */
function checkPorts(service: PlacedService, names: Names, listeners: Deno.Listener[]): Finding[] {
  const { ipv6 } = service.spec.values, found: Finding[] = [];
  for (const [host, ports] of listeningPlaces(service.spec)) {
    const address = names.result(host, ipv6 ? IPV6 : undefined);
    if (address instanceof Error) continue;
    for (const { first, last } of ports) {
      for (let port = first; port <= last; port++) {
        try {
          listeners.push(Deno.listen({ hostname: address, port }));
        } catch (error) {
          const where = formatAddress({ host: address, port });
          found.push(findingAt(portsPlace(service), `cannot listen on ${where}: ${reason(error)}`, ExitCode.SYSTEM));
          // The ports of a range mostly fail for the same reason.
          break;
        }
      }
    }
  }
  return found;
}

function checkSource(service: PlacedService, names: Names): Finding[] {
  const { source } = service.spec.values;
  if (source === undefined) return [];
  const address = names.result(source),
    wrong = (message: string, code: number) => {
      return [findingAt(optionPlace(service, "source"), message, code)];
    };
  if (address instanceof Error) return wrong(`option -B: ${uncapitalised(address)}`, ExitCode.USAGE);
  try {
    Deno.listen({ hostname: address, port: 0 }).close();
    return [];
  } catch (error) {
    return wrong(`cannot connect from ${quote(source)}: ${reason(error)}`, ExitCode.SYSTEM);
  }
}

/** A name that does not resolve does not keep the others from being served. */
function checkChannels(service: PlacedService, names: Names, own: () => ReadonlySet<string>): Finding[] {
  const found: Finding[] = [], { groups, values: { allowLoop } } = service.spec;
  groups.forEach(({ channels }, group) =>
    channels.forEach((word, channel) => {
      const address = names.result(word.host, wantedBy(service));
      if (address instanceof Error) {
        const place = channelPlace(service, group, channel), message = uncapitalised(address);
        found.push(
          mayResolveLater(word.host)
            ? findingAt(place, `${message}; the channel will wait as unresolved`)
            : findingAt(place, message, ExitCode.ADDRESS),
        );
      } else if (!allowLoop && word.maxc === 0 && isLoop(service, names, address, word.port, own)) {
        found.push(findingAt(channelPlace(service, group, channel), loopMessage(word), ExitCode.ADDRESS));
      }
    })
  );
  return found;
}

/** Whether a channel is its own service. Without a port it has the one that its client came to. */
function isLoop(
  { spec }: PlacedService,
  names: Names,
  address: string,
  port: number | undefined,
  own: () => ReadonlySet<string>,
): boolean {
  return [...listeningPlaces(spec)].some(([host, ranges]) => {
    const hostname = names.result(host, spec.values.ipv6 ? IPV6 : undefined);
    if (hostname instanceof Error) return false;
    const met = ranges.find(({ first, last }) => port === undefined || (first <= port && port <= last));
    if (met === undefined) return false;
    const both = port ?? met.first;
    return leadsBack({ host: address, port: both }, { hostname, port: both }, own);
  });
}

const IPV6: Wanted = { family: 6, reason: "which -6 requires" };

/** The family that the source address asks for. */
function wantedBy({ spec: { values: { source } } }: PlacedService): Wanted | undefined {
  return source === undefined || familyOf(source) === 0 ? undefined : sameFamilyAs(source);
}

/** Host names and what they resolve to, each looked up once. */
class Names {
  readonly #wanted = new Map<string, () => Promise<string>>();
  readonly #results = new Map<string, string | Error>();

  async lookUp(services: readonly PlacedService[]): Promise<void> {
    for (const service of services) {
      const { spec: { groups, values: { source, hostname = [], ipv6 } } } = service;
      for (const host of hostname) this.#want(host, ipv6 ? IPV6 : undefined);
      if (source !== undefined) this.#want(source);
      for (const { channels } of groups) for (const { host } of channels) this.#want(host, wantedBy(service));
    }
    const queue = [...this.#wanted];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [key, find] = next;
        this.#results.set(key, await find().catch((error: Error) => error));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  }

  /** What a host resolves to, or why it does not. */
  result(host: string, wanted?: Wanted): string | Error {
    return this.#results.get(keyOf(host, wanted)) ?? host;
  }

  #want(host: string, wanted?: Wanted): void {
    this.#wanted.set(keyOf(host, wanted), () => resolveHost(host, wanted));
  }
}

function keyOf(host: string, wanted?: Wanted): string {
  return `${wanted?.family ?? ""} ${host}`;
}
