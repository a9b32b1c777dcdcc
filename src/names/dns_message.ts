import { formatHost } from "../table/address.ts";

/*
 * Messages are read and written here, and not by the package `dns-packet`, because that refuses a truncated reply that
 * ends within a record, and a whole reply because of a record that nobody asked for; takes bytes behind a record for the
 * rest of its address; writes names that are too long; and follows as many pointers as a message has room for, more than
 * a second on the main thread for one reply over TCP. The tests' name server is made of it.
 */

/** Kinds of records that are asked for, with their numbers (RFC 1035, RFC 3596, RFC 2782). */
const RECORD_TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;

/** Name of such a kind. */
export type RecordType = keyof typeof RECORD_TYPES;

/** One service record (RFC 2782). */
export interface ServiceRecord {
  /** The lowest comes first. */
  readonly priority: number;
  /** Share among those of the same priority, 0 to 65535. */
  readonly weight: number;
  readonly port: number;
  /** Name of the host, without the last dot. */
  readonly target: string;
}

/** What a name server says about a name. */
export interface DnsReply {
  /** Response code: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN. */
  readonly code: number;
  /** It does not fit: the question must be asked over TCP. */
  readonly truncated: boolean;
  /** Numeric addresses, if these were asked for, in the order of the reply. */
  readonly addresses: readonly string[];
  /** Service records, if these were asked for. */
  readonly services: readonly ServiceRecord[];
  /** Seconds for which all of that holds; aliases on the way count too. */
  readonly ttl: number;
}

const CNAME = 5, OPT = 41, INTERNET = 1;

/** Bytes of a header. */
const HEADER = 12;

/** Bytes of a reply over UDP that pass through nearly every network unfragmented (DNS flag day 2020). */
const ROOM = 1232;

/** Aliases that are followed, and pointers within one name: a name that is well formed has one for each label at most. */
const MOST_ALIASES = 16, MOST_POINTERS = 127;

/** The largest time to live; those with the first bit set count as 0 (RFC 2181, section 8). */
const LONGEST_TTL = 2 ** 31 - 1;

/** Longest name in the form of a message, and longest label. */
const LONGEST_NAME = 255, LONGEST_LABEL = 63;

/**
 * The message that asks for the records of a name.
 *
 * @throws {RangeError} when it cannot be a name
 */
export function encodeQuery(id: number, name: string, type: RecordType): Uint8Array {
  const labels = encodeName(name), bytes = new Uint8Array(HEADER + labels.length + 4 + 11);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  // Recursion desired.
  view.setUint16(2, 0x0100);
  view.setUint16(4, 1);
  view.setUint16(10, 1);
  bytes.set(labels, HEADER);
  const end = HEADER + labels.length;
  view.setUint16(end, RECORD_TYPES[type]);
  view.setUint16(end + 2, INTERNET);
  // An OPT record (RFC 6891): the root's name, its type, and how much room there is for the reply.
  view.setUint16(end + 5, OPT);
  view.setUint16(end + 7, ROOM);
  return bytes;
}

/**
 * Reads the reply to a query.
 *
 * @returns undefined when it is the reply to something else, or none
 * @throws {RangeError} when it is malformed
 */
export function decodeReply(bytes: Uint8Array, id: number, name: string, type: RecordType): DnsReply | undefined {
  const message = new Message(bytes), flags = message.word(2);
  if (message.word(0) !== id || (flags & 0x8000) === 0 || message.word(4) !== 1) return undefined;
  message.at = HEADER;
  const asked = message.name();
  if (asked !== lower(name) || message.next() !== RECORD_TYPES[type] || message.next() !== INTERNET) return undefined;
  const head = { code: flags & 0xf, truncated: (flags & 0x0200) !== 0 };
  // What a truncated reply holds is of no use.
  if (head.truncated) return { ...head, addresses: [], services: [], ttl: 0 };
  const records = Array.from({ length: message.word(6) }, () => message.record());
  const { owner, ttl } = followAliases(asked, records);
  const own = records.filter((record) => record.type === RECORD_TYPES[type] && record.owner === owner);
  return {
    ...head,
    addresses: own.flatMap(({ address }) => address ?? []),
    services: own.flatMap(({ service }) => service ?? []),
    ttl: Math.min(ttl, ...own.map((record) => record.ttl)),
  };
}

/** The name in a form that two spellings of it share. */
export function lower(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

interface Record {
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  readonly address?: string;
  readonly service?: ServiceRecord;
  readonly alias?: string;
}

function followAliases(name: string, records: readonly Record[]): { owner: string; ttl: number } {
  let owner = name, ttl = Infinity;
  for (let step = 0; step < MOST_ALIASES; step++) {
    const alias = records.find((record) => record.alias !== undefined && record.owner === owner);
    if (alias === undefined) break;
    owner = alias.alias!;
    ttl = Math.min(ttl, alias.ttl);
  }
  return { owner, ttl };
}

/** A reader of a message. Reading beyond its end is a RangeError of `DataView`. */
class Message {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  word(at: number): number {
    return this.#view.getUint16(at);
  }

  next(): number {
    this.at += 2;
    return this.word(this.at - 2);
  }

  /**
   * The name that begins here, in small letters; goes on behind it. Bytes that names of hosts do not have are escaped as
   * in files of zones (RFC 1035, section 5.1), so that two names never look alike.
   */
  name(): string {
    const labels: string[] = [];
    let at = this.at, end: number | undefined, size = 0, pointers = 0;
    for (;;) {
      const length = this.#view.getUint8(at);
      if ((length & 0xc0) === 0xc0) {
        const target = this.word(at) & 0x3fff;
        end ??= at + 2;
        // Pointers lead backwards, so that none leads in a circle (RFC 1035, section 4.1.4).
        if (target >= at) throw new RangeError("Cannot read name: a pointer leads forward");
        // Otherwise, one message could keep the thread busy for a second.
        if (++pointers > MOST_POINTERS) throw new RangeError("Cannot read name: too many pointers");
        at = target;
        continue;
      }
      if (length > LONGEST_LABEL) throw new RangeError("Cannot read name: a label of a kind that there is not");
      if (length === 0) break;
      size += length + 1;
      if (size >= LONGEST_NAME || at + 1 + length > this.#bytes.length) {
        throw new RangeError("Cannot read name: too long");
      }
      labels.push(readable(this.#bytes.subarray(at + 1, at + 1 + length)));
      at += 1 + length;
    }
    this.at = end ?? at + 1;
    return labels.join(".").toLowerCase();
  }

  record(): Record {
    const owner = this.name(), type = this.next(), kind = this.next();
    const life = this.#view.getUint32(this.at), length = this.word(this.at + 4), start = this.at + 6;
    const end = start + length, ttl = life > LONGEST_TTL ? 0 : life;
    if (end > this.#bytes.length) throw new RangeError("Cannot read record: it ends too early");
    const record = { owner, type, ttl, ...kind === INTERNET ? this.#content(type, start, length) : {} };
    this.at = end;
    return record;
  }

  #content(type: number, start: number, length: number): Pick<Record, "address" | "service" | "alias"> {
    const { A, AAAA, SRV } = RECORD_TYPES, bytes = this.#bytes.subarray(start, start + length);
    if (type === A && length === 4) return { address: bytes.join(".") };
    if (type === AAAA && length === 16) return { address: formatHost(bytes) };
    if (type === CNAME) {
      this.at = start;
      return { alias: this.name() };
    }
    if (type !== SRV) return {};
    this.at = start + 6;
    return {
      service: {
        priority: this.word(start),
        weight: this.word(start + 2),
        port: this.word(start + 4),
        target: this.name(),
      },
    };
  }
}

function readable(label: Uint8Array): string {
  return String.fromCharCode(...label).replace(/[^\w-]/g, (byte) => {
    return `\\${String(byte.charCodeAt(0)).padStart(3, "0")}`;
  });
}

function encodeName(name: string): Uint8Array {
  const labels = name.replace(/\.$/, "").split(".").map((label) => new TextEncoder().encode(label));
  const size = labels.reduce((sum, { length }) => sum + length + 1, 1);
  if (size > LONGEST_NAME || labels.some(({ length }) => length === 0 || length > LONGEST_LABEL)) {
    throw new RangeError("Cannot ask for name: it is too long, or part of it is empty");
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const label of labels) {
    bytes[at] = label.length;
    bytes.set(label, at + 1);
    at += 1 + label.length;
  }
  return bytes;
}
