import { ChangedFile } from "./changed_file.ts";
import { addressTypes, lookUp, type Records } from "./dns_client.ts";
import { lower } from "./dns_message.ts";
import { readHosts } from "./hosts_file.ts";
import { type Answer, fitting, keyOf, type Name } from "./name.ts";
import { type NameServer, readResolverConfig } from "./resolver_config.ts";
import { lookUpThroughSystem, resolveThroughSystem } from "./system_lookup.ts";
import { UNSAID_TTL } from "./timetable.ts";

/** Finds out what names stand for. */
export interface NameSource {
  /** @throws {Error} whose message says why that cannot be found out, as the end of a sentence */
  ask(name: Name): Promise<Answer>;
  /** Whether names that are looked up here may stand for something else than at the last call. */
  changed?(): Promise<boolean>;
}

/** Asks these name servers, and nothing else: no file of hosts, no search domains. */
export class NameServers implements NameSource {
  readonly #servers: readonly NameServer[];

  constructor(servers: readonly NameServer[]) {
    this.#servers = servers;
  }

  async ask(name: Name): Promise<Answer> {
    return fromDns(await lookUp(name.name, typesOf(name), { servers: this.#servers, search: [], dots: 1 }));
  }
}

const root = Deno.build.os === "windows" ? systemRoot() : "";

/** Where hosts(5) and resolv.conf(5) are. */
const HOSTS = root === "" ? "/etc/hosts" : `${root}\\System32\\drivers\\etc\\hosts`, RESOLVER = "/etc/resolv.conf";

/**
 * Asks as the system is set up: the file of hosts first, then the name servers, with the system's search domains. A name
 * that they do not know is left to the rest of the system (mDNS, for example), which says nothing about how long that
 * holds. Once name servers have answered for a name, only they and the file of hosts count: what else there is may
 * know less than they do, and a name that goes from one to the other would change back and forth.
 */
export class SystemNames implements NameSource {
  readonly #hosts: ChangedFile<ReadonlyMap<string, readonly string[]>>;
  readonly #config: ChangedFile<ReturnType<typeof readResolverConfig>>;
  /** Names for which name servers have answered. */
  readonly #inDns = new Set<string>();

  constructor(hosts: string = HOSTS, config: string = RESOLVER) {
    this.#hosts = new ChangedFile(hosts, readHosts);
    this.#config = new ChangedFile(config, readResolverConfig);
  }

  async ask(name: Name): Promise<Answer> {
    const own = name.kind === "host" ? await this.#inFile(name) : undefined;
    if (own !== undefined) return own;
    if (name.kind === "host" && isLoopback(name.name)) return await lookUpThroughSystem(name);
    try {
      const answer = fromDns(await this.#inDnsOf(name));
      this.#inDns.add(keyOf(name));
      return answer;
    } catch (error) {
      if (name.kind === "service" || this.#inDns.has(keyOf(name))) throw error;
      try {
        return await lookUpThroughSystem(name);
      } catch {
        throw error;
      }
    }
  }

  async changed(): Promise<boolean> {
    return await this.#hosts.refresh();
  }

  async #inFile(name: Name): Promise<Answer | undefined> {
    const addresses = fitting(name, (await this.#hosts.value()).get(lower(name.name)) ?? []);
    return addresses.length === 0 ? undefined : { addresses, services: [], ttl: UNSAID_TTL, source: "hosts" };
  }

  async #inDnsOf(name: Name): Promise<Records> {
    const config = await this.#config.value();
    if (config.servers.length > 0) return await lookUp(name.name, typesOf(name), config);
    return await resolveThroughSystem(name.name, typesOf(name));
  }
}

function typesOf({ kind, family }: Name): ReturnType<typeof addressTypes> {
  return kind === "service" ? ["SRV"] : addressTypes(family);
}

function fromDns(records: Records): Answer {
  return { ...records, source: "dns" };
}

/** Such names never leave the machine (RFC 6761, section 6.3). */
function isLoopback(name: string): boolean {
  return /(^|\.)localhost$/.test(lower(name));
}

function systemRoot(): string {
  try {
    return Deno.env.get("SystemRoot") ?? "C:\\Windows";
  } catch {
    return "C:\\Windows";
  }
}
