import { includes, type Networks } from "../access/networks.ts";
import type { Greeting, Protocol } from "../preamble/greeting.ts";
import type { Client } from "./strategy.ts";

/** Which clients a group is for. A client must meet everything that is given; of several values, one is enough. */
export interface Condition {
  /** Server names: `www.example.com`, or `*.example.com` for exactly one label in place of the asterisk. */
  readonly sni?: readonly string[];
  /** Protocols of which a TLS client offers one (ALPN). */
  readonly alpn?: readonly string[];
  /** Where the client comes from. */
  readonly from?: Networks;
  /** Ports that it came to. */
  readonly port?: readonly { readonly first: number; readonly last: number }[];
  /** What its first bytes are. */
  readonly protocol?: readonly Protocol[];
}

/** The conditions of a service's groups by their numbers, which the table has: plain data that can be sent to threads. */
export type ConditionMap = ReadonlyMap<number, Condition>;

/** A server name as it is compared: in lower case, without the dot at its end (RFC 4343; RFC 6066, 3). */
function comparableName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/**
 * The conditions of a service as one thread knows them, the same for all its clients. A condition that the thread does
 * not know is met by nobody.
 */
export class Conditions {
  #given: ConditionMap | undefined;
  #meetings = new Map<number, Meeting>();

  constructor(conditions?: ConditionMap) {
    this.become(conditions);
  }

  /** From now on, these are the conditions, also for clients who have come before. */
  become(conditions: ConditionMap | undefined): void {
    if (conditions === this.#given) return;
    this.#given = conditions;
    this.#meetings = new Map([...conditions ?? []].map(([number, condition]) => [number, new Meeting(condition)]));
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#meetings.size > 0;
  }

  /** Whether a client meets the condition with this number. */
  met(number: number, client: Client): boolean {
    return this.#meetings.get(number)?.meets(client) ?? false;
  }

  /** Whether the client may meet this condition, which then depends on its first bytes. */
  needsGreeting(number: number, client: Client): boolean {
    const meeting = this.#meetings.get(number);
    return meeting !== undefined && meeting.listens && meeting.comesRight(client);
  }
}

/** One condition, made ready for many clients: what is met costs no search through lists. */
class Meeting {
  /** Whether it depends on what the client says first. */
  readonly listens: boolean;
  readonly #names: ReadonlySet<string> | undefined;
  /** What follows one label, with the dot before it. */
  readonly #domains: ReadonlySet<string>;
  readonly #alpn: readonly string[] | undefined;
  readonly #networks: Networks | undefined;
  readonly #ports: Condition["port"];
  readonly #protocols: readonly Protocol[] | undefined;

  constructor({ sni, alpn, from, port, protocol }: Condition) {
    const names = sni?.map(comparableName);
    this.listens = (sni ?? alpn ?? protocol) !== undefined;
    this.#names = names && new Set(names.filter((name) => !name.startsWith("*.")));
    this.#domains = new Set(names?.filter((name) => name.startsWith("*.")).map((name) => name.slice(1)));
    this.#alpn = alpn;
    this.#networks = from;
    this.#ports = port;
    this.#protocols = protocol;
  }

  meets(client: Client): boolean {
    return this.comesRight(client) && (!this.listens || this.#saysRight(client.greeting));
  }

  /** Whether it comes from where it should, and to where it should. */
  comesRight(client: Client): boolean {
    return (this.#ports === undefined || this.#hasPort(client.localPort)) &&
      (this.#networks === undefined || includes(this.#networks, client.address));
  }

  #hasPort(port: number | undefined): boolean {
    if (port === undefined) return false;
    for (const { first, last } of this.#ports!) if (port >= first && port <= last) return true;
    return false;
  }

  /** Nobody who has not been listened to says what is right, not even nothing: it may be about to say something. */
  #saysRight(greeting: Greeting | undefined): boolean {
    if (greeting === undefined) return false;
    return (this.#protocols === undefined || this.#protocols.includes(greeting.protocol)) &&
      (this.#names === undefined || this.#hasName(greeting.serverName)) &&
      (this.#alpn === undefined || this.#offers(greeting.alpn));
  }

  #hasName(serverName: string): boolean {
    const name = comparableName(serverName);
    // An address is no server name (RFC 6066, 3), although some clients send one.
    if (name === "" || isAddress(name)) return false;
    if (this.#names!.has(name)) return true;
    const dot = this.#domains.size === 0 ? -1 : name.indexOf(".");
    return dot > 0 && this.#domains.has(name.slice(dot));
  }

  #offers(offered: readonly string[]): boolean {
    for (const protocol of offered) if (this.#alpn!.includes(protocol)) return true;
    return false;
  }
}

/** Whether a name is an IPv4 address, or looks like one in IPv6. */
function isAddress(name: string): boolean {
  return /^\d+(\.\d+){3}$|:/.test(name);
}
