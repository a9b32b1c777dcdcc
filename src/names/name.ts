import { familyOf } from "../table/address.ts";
import type { ServiceRecord } from "./dns_message.ts";

/** A name that is asked for. */
export interface Name {
  /** What it stands for: addresses of a host, or places where a service is (RFC 2782). */
  readonly kind: "host" | "service";
  readonly name: string;
  /** The only family of addresses that is of use, 4 or 6. Otherwise IPv4, or IPv6 if there is none. */
  readonly family?: number;
}

/** Where an answer comes from: a name server, the file of hosts, or whatever else the system has. */
export type Source = "dns" | "hosts" | "system";

/** What a name stands for. One of the two lists is filled. */
export interface Answer {
  readonly addresses: readonly string[];
  readonly services: readonly ServiceRecord[];
  /** Seconds for which it holds. */
  readonly ttl: number;
  readonly source: Source;
}

/** Those addresses that are of use for a name: all of one family. */
export function fitting({ family }: Name, addresses: readonly string[]): string[] {
  const wanted = family ?? (addresses.some((address) => familyOf(address) === 4) ? 4 : 6);
  return addresses.filter((address) => familyOf(address) === wanted);
}

/** Tells names apart. */
export function keyOf({ kind, name, family }: Name): string {
  return `${kind} ${family ?? ""} ${name}`;
}

/**
 * An answer in the order of the one before: what was there keeps its order, what is new follows, sorted. So the order
 * in which a name server has them means nothing.
 */
export function inOrderOf(before: Answer | undefined, answer: Answer): Answer {
  // If a place comes twice, the weightier record counts, wherever it is in the answer.
  const inOrder = answer.services.toSorted((a, b) => b.priority - a.priority || a.weight - b.weight);
  const services = [...new Map(inOrder.map((record) => [placeOf(record), record])).values()];
  return {
    ...answer,
    addresses: ordered([...new Set(answer.addresses)], before?.addresses ?? [], (address) => address, inNumbers),
    services: ordered(services, before?.services ?? [], placeOf, (a, b) => a < b ? -1 : 1),
  };
}

/** Whether two answers say the same, however long it holds. */
export function saysTheSame(a: Answer, b: Answer): boolean {
  return JSON.stringify([a.addresses, a.services]) === JSON.stringify([b.addresses, b.services]);
}

function placeOf({ target, port }: ServiceRecord): string {
  return `${target} ${port}`;
}

function ordered<T>(
  all: readonly T[],
  before: readonly T[],
  identify: (item: T) => string,
  compare: (a: string, b: string) => number,
): T[] {
  const now = new Map(all.map((item) => [identify(item), item])), kept: T[] = [];
  for (const key of before.map(identify)) {
    const item = now.get(key);
    if (item === undefined) continue;
    kept.push(item);
    now.delete(key);
  }
  return [...kept, ...[...now.keys()].sort(compare).map((key) => now.get(key)!)];
}

/** Addresses by their numbers: 10.0.0.9 before 10.0.0.10. One collator, since making them takes long. */
const inNumbers = new Intl.Collator("en", { numeric: true }).compare;
