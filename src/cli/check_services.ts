import { resolve } from "node:path";
import { type Finding, findingAt } from "../files/finding.ts";
import { channelValue } from "../options/channel_values.ts";
import { escape, quote } from "../log/escape.ts";
import type { Name } from "../names/name.ts";
import type { NameSource } from "../names/name_source.ts";
import type { ChannelWord } from "../options/channel_words.ts";
import { listeningPlaces } from "../options/difference.ts";
import { isExpanding } from "../options/expanding_words.ts";
import { CLIENT_SOURCE } from "../options/kinds/address.ts";
import { partPlace, type PlacedService } from "../options/service_places.ts";
import type { ServiceFile } from "../options/service_file.ts";
import type { ProcessOptions } from "../options/values.ts";
import { writeObstacle } from "../process/access.ts";
import { IPV6, mayResolveLater, resolveHost, sameFamilyAs, type Wanted } from "../process/resolve.ts";
import {
  clientSourceFault,
  connectionLogFault,
  hostFault,
  listenFault,
  loopFault,
  type ServiceFault,
  sourceFault,
} from "../program/service_fault.ts";
import { wantsViews } from "../program/views_on_demand.ts";
import { familyOf } from "../table/address.ts";
import { followedName } from "../service/names/followed_words.ts";
import { nameSource } from "../service/names/names_on_demand.ts";
import { leadsBack, ownAddressesOnce } from "../service/drafts/loops.ts";

/** Names that are looked up at a time. */
const AT_A_TIME = 16;

/** What the services of a file would meet, in the order in which a start looks. */
export interface ServiceFindings {
  /** Addresses that connections come from. */
  readonly sources: readonly Finding[];
  /** Hosts of channels, addresses to listen on, and files of networks. */
  readonly hosts: readonly Finding[];
  /** Ports that cannot be opened. */
  readonly ports: readonly Finding[];
  /** Files for logs of connections. */
  readonly logs: readonly Finding[];
  /** Metrics and page of the process, which need ports that no service has. */
  readonly views: readonly Finding[];
}

/**
 * Whether the names of services resolve, and whether their ports can be opened.
 *
 * @param tooMany whether there are more listening sockets than descriptors
 * @param options those of the process that would serve them
 */
export async function checkServices(
  { services }: ServiceFile,
  tooMany: boolean,
  options: ProcessOptions,
): Promise<ServiceFindings> {
  const names = new Names(options.resolver);
  await names.lookUp(services);
  const listeners: Deno.Listener[] = [], own = ownAddressesOnce();
  try {
    return {
      sources: services.flatMap((service) => checkSource(service, names, options)),
      hosts: [
        ...services.flatMap((service) => [...checkPlaces(service, names), ...checkChannels(service, names, own)]),
        ...await checkNetworks(services),
      ],
      ports: services.flatMap((service) => checkPorts(service, names, listeners, tooMany)),
      logs: services.flatMap(checkConnectionLog),
      // Looked for while the ports are open.
      views: wantsViews(options) ? await (await import("./check_views.ts")).checkViews(options) : [],
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
    return address instanceof Error ? [found(service, hostFault(address, { option: "hostname", value: host }))] : [];
  });
}

/**
 * Opens the ports of a service; they stay open, so that no other service gets them.
 *
 * @param tooMany whether there are more sockets than descriptors, which is said already
 */
function checkPorts(service: PlacedService, names: Names, listeners: Deno.Listener[], tooMany: boolean): Finding[] {
  const { ipv6 } = service.spec.values, findings: Finding[] = [], opened = new Set<string>();
  for (const [host, ports] of listeningPlaces(service.spec)) {
    const hostname = names.result(host, ipv6 ? IPV6 : undefined);
    // Two names may be one address, on which a service listens once.
    if (hostname instanceof Error || opened.has(hostname)) continue;
    opened.add(hostname);
    for (const { first, last } of ports) {
      for (let port = first; port <= last; port++) {
        try {
          listeners.push(Deno.listen({ hostname, port }));
        } catch (error) {
          if (tooMany && (error as { code?: string }).code === "EMFILE") return findings;
          findings.push(found(service, listenFault(error, { hostname, port })));
          // The ports of a range mostly fail for the same reason.
          break;
        }
      }
    }
  }
  return findings;
}

/** Whether the file for a service's log of connections can be written. */
function checkConnectionLog(service: PlacedService): Finding[] {
  const { connectionLog } = service.spec.values;
  if (typeof connectionLog !== "string") return [];
  const path = resolve(connectionLog), obstacle = writeObstacle(path);
  return obstacle === undefined ? [] : [found(service, connectionLogFault(path, obstacle))];
}

function checkSource(service: PlacedService, names: Names, options: ProcessOptions): Finding[] {
  const { source } = service.spec.values;
  if (source === undefined) return [];
  const fault = source === CLIENT_SOURCE ? clientSourceFault(options) : sourceFault(source, names.result(source));
  return fault === undefined ? [] : [found(service, fault)];
}

/** A name that does not resolve does not keep the others from being served. */
function checkChannels(service: PlacedService, names: Names, own: () => ReadonlySet<string>): Finding[] {
  const { groups, values: { allowLoop } } = service.spec, hosts: Finding[] = [], loops: Finding[] = [];
  groups.forEach(({ channels }, group) =>
    channels.forEach((word, channel) => {
      const address = names.channel(service, word), part = { group, channel };
      if (address instanceof Error) {
        const fault = hostFault(address, part);
        hosts.push(
          mayResolveLater(word.host) || isExpanding(word)
            ? findingAt(partPlace(service, part), `${fault.message}; the channel will wait as unresolved`)
            : found(service, fault),
        );
      } else if (!allowLoop && channelValue(word, "maxc") === 0 && isLoop(service, names, address, word.port, own)) {
        loops.push(found(service, loopFault(word, part)));
      }
    })
  );
  // As a start does: it looks for loops once it has all addresses.
  return [...hosts, ...loops];
}

/** Reads the files of networks that services name. */
async function checkNetworks(services: readonly PlacedService[]): Promise<Finding[]> {
  const { networkFindings } = await import("./check_networks.ts");
  return (await networkFindings(services)).map(([service, fault]) => found(service, fault));
}

function found(service: PlacedService, { part, message, code }: ServiceFault): Finding {
  return findingAt(partPlace(service, part), message, code);
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

/** The family that the source address asks for. */
function wantedBy({ spec: { values: { source } } }: PlacedService): Wanted | undefined {
  return source === undefined || familyOf(source) === 0 ? undefined : sameFamilyAs(source);
}

/** Host names and what they resolve to, each looked up once. */
class Names {
  readonly #wanted = new Map<string, () => Promise<string>>();
  readonly #results = new Map<string, string | Error>();
  /** Asks for names that are followed. */
  readonly #source: () => Promise<NameSource>;

  /** @param servers name servers to ask for names that are followed, in place of the system's */
  constructor(servers?: readonly string[]) {
    let source: Promise<NameSource> | undefined;
    this.#source = () => source ??= nameSource(servers);
  }

  async lookUp(services: readonly PlacedService[]): Promise<void> {
    for (const service of services) {
      const { spec: { groups, values: { source, hostname = [], ipv6 } } } = service;
      for (const host of hostname) this.#want(host, ipv6 ? IPV6 : undefined);
      if (source !== undefined && source !== CLIENT_SOURCE) this.#want(source);
      for (const word of groups.flatMap(({ channels }) => channels)) {
        const name = nameOf(service, word);
        if (name === undefined) this.#want(word.host, wantedBy(service));
        else this.#wanted.set(followedKey(name), () => this.#ask(name));
      }
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

  /** What the host of a channel resolves to; of several addresses the first one, of SRV records nothing that is numeric. */
  channel(service: PlacedService, word: ChannelWord): string | Error {
    const name = nameOf(service, word);
    if (name === undefined) return this.result(word.host, wantedBy(service));
    return this.#results.get(followedKey(name))!;
  }

  async #ask(name: Name): Promise<string> {
    try {
      return (await (await this.#source()).ask(name)).addresses.at(0) ?? "";
    } catch (error) {
      throw new Error(`Cannot resolve host: ${quote(name.name)}: ${escape((error as Error).message)}`);
    }
  }

  #want(host: string, wanted?: Wanted): void {
    this.#wanted.set(keyOf(host, wanted), () => resolveHost(host, wanted));
  }
}

/** The name of a channel's word that is followed; undefined if it is resolved once. */
function nameOf({ spec }: PlacedService, word: ChannelWord): Name | undefined {
  const { source } = spec.values;
  return followedName({ request: spec, source: source && familyOf(source) !== 0 ? source : undefined }, word);
}

function followedKey({ kind, name, family }: Name): string {
  return `followed ${kind} ${family ?? ""} ${name}`;
}

function keyOf(host: string, wanted?: Wanted): string {
  return `${wanted?.family ?? ""} ${host}`;
}
