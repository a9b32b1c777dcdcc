import { NoRecords, type Records } from "./dns_client.ts";
import type { RecordType } from "./dns_message.ts";
import { NoReply } from "./exchange.ts";
import { type Answer, fitting, type Name } from "./name.ts";
import { UNSAID_TTL } from "./timetable.ts";

/** Looks a host up as programs on this machine commonly do (getaddrinfo(3)). @throws {NoRecords | NoReply} */
export async function lookUpThroughSystem(name: Name): Promise<Answer> {
  const { lookup } = await import("node:dns/promises");
  let found: { address: string }[];
  try {
    found = await lookup(name.name, { all: true });
  } catch (error) {
    throw reasonOf(error);
  }
  const addresses = fitting(name, found.map(({ address }) => address));
  if (addresses.length === 0) throw new NoRecords("the name has no address");
  return { addresses, services: [], ttl: UNSAID_TTL, source: "system" };
}

/**
 * Asks the system's name servers where nothing here can tell which these are, as on Windows. Times to live of aliases
 * and of SRV records are not known.
 *
 * @throws {NoRecords | NoReply}
 */
export async function resolveThroughSystem(name: string, types: readonly RecordType[]): Promise<Records> {
  const { resolve4, resolve6, resolveSrv } = await import("node:dns/promises");
  let reason: Error = new NoRecords("the name is not known");
  for (const type of types) {
    try {
      if (type === "SRV") {
        const services = (await resolveSrv(name)).map(({ name, ...rest }) => ({
          ...rest,
          target: name.replace(/\.$/, ""),
        }));
        if (services.length > 0) return { addresses: [], services, ttl: UNSAID_TTL };
        continue;
      }
      const found = await (type === "A" ? resolve4 : resolve6)(name, { ttl: true });
      if (found.length === 0) continue;
      const ttl = Math.min(...found.map(({ ttl }) => ttl));
      return { addresses: found.map(({ address }) => address), services: [], ttl };
    } catch (error) {
      reason = reasonOf(error);
    }
  }
  throw reason;
}

function reasonOf(error: unknown): Error {
  const { code } = error as { code?: string };
  if (code === "ENOTFOUND" || code === "ENODATA") return new NoRecords("the name is not known");
  if (code === "EPERM") return new NoReply("there is no permission to look it up, --allow-net");
  return new NoReply(
    `no answer from the name service, ${/^\w{1,40}$/.test(code ?? "") ? code : "for an unknown reason"}`,
  );
}
