/** One question to a name server. */
export interface DnsQuestion {
  /** In small letters, without the last dot. */
  readonly name: string;
  /** `A`, `AAAA`, `SRV` or `CNAME`; the number of any other. */
  readonly type: string;
  readonly transport: "udp" | "tcp";
}

/** One record of an answer. */
export type DnsRecord =
  & { readonly name?: string; readonly ttl?: number }
  & (
    | { readonly type: "A" | "AAAA"; readonly address: string }
    | { readonly type: "CNAME"; readonly target: string }
    | {
      readonly type: "SRV";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  );

/** What a server answers. Over UDP, what does not fit is left out and the answer marked as truncated. */
export interface DnsReply {
  /** NOERROR 0 (default), SERVFAIL 2, NXDOMAIN 3, REFUSED 5. */
  readonly code?: number;
  readonly records?: readonly DnsRecord[];
  /** An answer to another question: its id differs. */
  readonly wrongId?: boolean;
  /** Over TCP, the connection is closed in place of an answer. */
  readonly hangUp?: boolean;
  /** Bytes in place of a message. */
  readonly garbage?: Uint8Array;
}

/** A question with what its answer must repeat. */
export interface DnsQuery {
  readonly id: number;
  readonly question: DnsQuestion;
  /** The question section as it came. */
  readonly section: Uint8Array;
  /** Most bytes of an answer over UDP. */
  readonly room: number;
}

const TYPES: Readonly<Record<string, number>> = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 };

/** Bytes of a header. */
const HEADER = 12;

/** Seconds that a record lives unless it says otherwise. */
const TTL = 1;

/** Reads a query (RFC 1035, section 4), and how much room its sender has (EDNS, RFC 6891). */
export function readQuery(bytes: Uint8Array, transport: DnsQuestion["transport"]): DnsQuery {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), labels: string[] = [];
  let at = HEADER;
  for (let length = bytes[at++]; length > 0; length = bytes[at++]) {
    labels.push(new TextDecoder().decode(bytes.subarray(at, at + length)));
    at += length;
  }
  const number = view.getUint16(at), type = Object.keys(TYPES).find((name) => TYPES[name] === number);
  at += 4;
  // The OPT record, if there is one: its name is the root, its class the room.
  const room = view.getUint16(10) > 0 && bytes[at] === 0 ? view.getUint16(at + 3) : 512;
  const question = { name: labels.join(".").toLowerCase(), type: type ?? String(number), transport };
  return { id: view.getUint16(0), question, section: bytes.slice(HEADER, at), room };
}

/** The message that answers a query. */
export function writeReply({ id, question, section, room }: DnsQuery, reply: DnsReply): Uint8Array {
  if (reply.garbage !== undefined) return reply.garbage;
  const records = (reply.records ?? []).map(writeRecord), sent: Uint8Array[] = [];
  let size = HEADER + section.length;
  for (const record of records) {
    if (question.transport === "udp" && size + record.length > room) break;
    sent.push(record);
    size += record.length;
  }
  const truncated = sent.length < records.length ? 0x0200 : 0, header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  view.setUint16(0, reply.wrongId ? id ^ 1 : id);
  // A response, authoritative, recursion desired and available.
  view.setUint16(2, 0x8580 | truncated | (reply.code ?? 0));
  view.setUint16(4, 1);
  view.setUint16(6, sent.length);
  return joined([header, section, ...sent]);
}

function writeRecord(record: DnsRecord): Uint8Array {
  // A pointer to the question's name.
  const name = record.name === undefined ? new Uint8Array([0xc0, HEADER]) : writeName(record.name);
  const data = writeData(record), head = new DataView(new ArrayBuffer(10));
  head.setUint16(0, TYPES[record.type]);
  head.setUint16(2, 1);
  head.setUint32(4, record.ttl ?? TTL);
  head.setUint16(8, data.length);
  return joined([name, new Uint8Array(head.buffer), data]);
}

function writeData(record: DnsRecord): Uint8Array {
  switch (record.type) {
    case "A":
      return new Uint8Array(record.address.split(".").map(Number));
    case "AAAA":
      return writeAddress(record.address);
    case "CNAME":
      return writeName(record.target);
    case "SRV": {
      const head = new DataView(new ArrayBuffer(6));
      [record.priority, record.weight, record.port].forEach((number, i) => head.setUint16(2 * i, number));
      return joined([new Uint8Array(head.buffer), writeName(record.target)]);
    }
  }
}

/** An IPv6 address with at most one `::`. */
function writeAddress(address: string): Uint8Array {
  const [before, after] = address.split("::").map((part) => part === "" ? [] : part.split(":"));
  const groups = after === undefined
    ? before
    : [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
  return new Uint8Array(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

function writeName(name: string): Uint8Array {
  const labels = name.split(".").filter((label) => label !== "");
  return joined([
    ...labels.map((label) => new Uint8Array([label.length, ...new TextEncoder().encode(label)])),
    new Uint8Array(1),
  ]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
