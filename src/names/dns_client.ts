import type { DnsReply, RecordType, ServiceRecord } from "./dns_message.ts";
import { exchange, NoReply } from "./exchange.ts";
import { fullNames, type NameServer, type ResolverConfig } from "./resolver_config.ts";

/** The records of a name. Only one of the two lists is filled. */
export interface Records {
  readonly addresses: readonly string[];
  readonly services: readonly ServiceRecord[];
  /** Seconds for which they are valid, according to the name server. */
  readonly ttl: number;
}

/** Name servers say that there is nothing. The message says what, as the end of a sentence. */
export class NoRecords extends Error {
  override readonly name = "NoRecords";
}

/** Milliseconds that a name server gets for each question, and how often all of them are asked. */
const PATIENCE = 2000, ROUNDS = 2;

/**
 * A name that a host can have (RFC 1123, section 2.1), with the underscore that is common. The root as a target means
 * that the service is not offered (RFC 2782).
 */
const HOST = /^[\w-]+(\.[\w-]+)*$/;

const SERVFAIL = 2, NXDOMAIN = 3;

/** What response codes mean (RFC 1035, section 4.1.1), as the end of a sentence. */
const CODES: Readonly<Record<number, string>> = {
  1: "the name server does not understand the question (FORMERR)",
  [SERVFAIL]: "the name server has failed (SERVFAIL)",
  4: "the name server does not answer such questions (NOTIMP)",
  5: "the name server refuses to answer (REFUSED)",
};

/** Asks one name server. `exchange` is one. */
export type Asker = typeof exchange;

/**
 * Looks a name up in DNS: in the domains that its short form may mean, for the first of these types that there is.
 *
 * A name server that fails leaves the question to the next one. If a lookup fails, further domains are not tried:
 * there, the name might be another host.
 *
 * @throws {NoRecords} when there is nothing
 * @throws {NoReply} when no name server says anything of use
 */
export async function lookUp(
  name: string,
  types: readonly RecordType[],
  config: ResolverConfig,
  ask: Asker = exchange,
): Promise<Records> {
  let known = false;
  for (const full of fullNames(name, config)) {
    for (const type of types) {
      const { code, addresses, services: all, ttl } = await askAll(config.servers, asciiName(full), type, ask);
      const records = { addresses, services: all.filter(({ target, port }) => HOST.test(target) && port !== 0), ttl };
      if (records.addresses.length + records.services.length > 0) return records;
      // There is no record of another type either (RFC 8020).
      if (code === NXDOMAIN) break;
      known = true;
    }
  }
  if (!known) throw new NoRecords("the name is not known (NXDOMAIN)");
  throw new NoRecords(`the name has no ${types.includes("SRV") ? "SRV record" : "address"}`);
}

async function askAll(
  servers: readonly NameServer[],
  name: string,
  type: RecordType,
  ask: Asker,
): Promise<DnsReply> {
  let reason = "there is no name server";
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) {
      try {
        const reply = await ask(server, { name, type }, PATIENCE);
        if (reply.code === 0 || reply.code === NXDOMAIN) return reply;
        reason = CODES[reply.code] ?? `the name server answers with code ${reply.code}`;
      } catch (error) {
        if (error instanceof RangeError) throw new NoRecords("it is not a valid name");
        if (!(error instanceof NoReply)) throw error;
        reason = error.message;
      }
    }
  }
  throw new NoReply(reason);
}

/** A name in the form that DNS has for other than ASCII letters (RFC 5891). */
function asciiName(name: string): string {
  if (/^[\x21-\x7e]*$/.test(name)) return name;
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    throw new NoRecords("it is not a valid name");
  }
}

/** The types in which a host's address may be: IPv4 first, as for a name that is looked up once. */
export function addressTypes(family: number | undefined): readonly RecordType[] {
  return family === 4 ? ["A"] : family === 6 ? ["AAAA"] : ["A", "AAAA"];
}
