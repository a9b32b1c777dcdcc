import { Buffer } from "node:buffer";
import packet from "dns-packet";

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
  /** An answer to the question for another name. */
  readonly wrongName?: string;
  /** Over TCP, it comes in bytes, one in so many milliseconds. */
  readonly drip?: number;
  /** Milliseconds until it comes, over UDP. */
  readonly delay?: number;
  /** Over TCP, the connection is closed in place of an answer. */
  readonly hangUp?: boolean;
  /** Bytes in place of a message. */
  readonly garbage?: Uint8Array;
}

/** A question with what its answer must repeat. */
export interface DnsQuery {
  readonly id: number;
  readonly question: DnsQuestion;
  /** The name as it came. */
  readonly name: string;
  /** Most bytes of an answer over UDP. */
  readonly room: number;
}

/** Seconds that a record lives unless it says otherwise. */
const TTL = 1;

/** What a server that answers for its own records sets. */
const FLAGS = packet.AUTHORITATIVE_ANSWER | packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE;

/** Reads a query (RFC 1035, section 4), and how much room its sender has (EDNS, RFC 6891). */
export function readQuery(bytes: Uint8Array, transport: DnsQuestion["transport"]): DnsQuery {
  const { id = 0, questions = [], additionals = [] } = packet.decode(Buffer.from(bytes)), [{ name, type }] = questions;
  const options = additionals.find(({ type }: { type: string }) => type === "OPT");
  return {
    id,
    question: { name: name.toLowerCase(), type, transport },
    name,
    room: options?.udpPayloadSize ?? 512,
  };
}

/** The message that answers a query. */
export function writeReply({ id, question, name, room }: DnsQuery, reply: DnsReply): Uint8Array<ArrayBuffer> {
  if (reply.garbage !== undefined) return new Uint8Array(reply.garbage);
  const records = (reply.records ?? []).map((record) => answerOf(record, name)),
    questions = [{ name: reply.wrongName ?? name, type: question.type }];
  let size = packet.encodingLength({ questions }), count = 0;
  for (const record of records) {
    size += packet.answer.encodingLength(record);
    if (question.transport === "udp" && size > room) break;
    count++;
  }
  return new Uint8Array(packet.encode({
    type: "response",
    id: reply.wrongId ? id ^ 1 : id,
    flags: FLAGS | (count < records.length ? packet.TRUNCATED_RESPONSE : 0) | (reply.code ?? 0),
    questions,
    answers: records.slice(0, count),
  }));
}

function answerOf({ name, ttl = TTL, ...record }: DnsRecord, question: string): object {
  const head = { type: record.type, name: name ?? question, ttl };
  switch (record.type) {
    case "A":
    case "AAAA":
      return { ...head, data: record.address };
    case "CNAME":
      return { ...head, data: record.target };
    case "SRV": {
      const { priority, weight, port, target } = record;
      return { ...head, data: { priority, weight, port, target } };
    }
  }
}
