import type { DnsAnswerer } from "./dns_server.ts";
import type { DnsRecord } from "./dns_message.ts";

/** Seconds that the records of a zone live: as short as can be. */
const TTL = 1;

/** The names that a name server of a test knows, to be changed at any time. Any other does not exist. */
export class Zone {
  readonly #records = new Map<string, readonly DnsRecord[]>();

  /** Gives a name IPv4 addresses, in this order, in place of all it had. */
  host(name: string, ...addresses: readonly string[]): this {
    this.#records.set(name, addresses.map((address) => ({ type: "A", address, ttl: TTL })));
    return this;
  }

  /** Gives a name SRV records: `priority weight port target`. */
  service(name: string, ...records: readonly string[]): this {
    const all = records.map((record): DnsRecord => {
      const [priority, weight, port, target] = record.split(" ");
      return { type: "SRV", ttl: TTL, priority: +priority, weight: +weight, port: +port, target };
    });
    this.#records.set(name, all);
    return this;
  }

  /** What its server answers. */
  readonly answer: DnsAnswerer = ({ name, type }) => {
    const records = this.#records.get(name);
    return records === undefined ? { code: 3 } : { records: records.filter((record) => record.type === type) };
  };
}
