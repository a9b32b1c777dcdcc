import { familyOf } from "../table/address.ts";
import { decodeReply, type DnsReply, encodeQuery, type RecordType } from "./dns_message.ts";
import type { NameServer } from "./resolver_config.ts";

/** One question. */
export interface Question {
  /** A full name. */
  readonly name: string;
  readonly type: RecordType;
}

/** A name server says nothing that answers the question. The message says why, as the end of a sentence. */
export class NoReply extends Error {
  override readonly name = "NoReply";
}

/**
 * Asks one name server, over UDP and, if the reply does not fit, over TCP. Each question has a socket, and so a port, of
 * its own and a random id, since a forged reply must guess both (RFC 5452). What is not the reply is ignored.
 *
 * @param patience milliseconds for each of the two
 * @throws {NoReply} when there is none in time
 * @throws {RangeError} when what is asked for cannot be a name
 */
export async function exchange(server: NameServer, question: Question, patience: number): Promise<DnsReply> {
  const reply = await overUdp(server, question, patience);
  return reply.truncated ? await overTcp(server, question, patience) : reply;
}

async function overUdp({ host, port }: NameServer, { name, type }: Question, patience: number): Promise<DnsReply> {
  const id = randomId(),
    query = encodeQuery(id, name, type),
    [address] = host.split("%"),
    six = familyOf(address) === 6;
  requirePermission(`${six ? "[::]" : "0.0.0.0"}:0`, `${six ? `[${address}]` : address}:${port}`);
  // Loaded when names are asked for only.
  const { createSocket } = await import("node:dgram");
  const socket = createSocket(six ? "udp6" : "udp4");
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<DnsReply>((resolve, reject) => {
      const failed = (error: Error) => reject(new NoReply(reasonOf(error, host)));
      timer = setTimeout(() => reject(new NoReply(SILENCE)), patience);
      socket.on("error", failed);
      socket.on("message", (bytes, from) => {
        // Others may send to this port as well.
        if (from.port !== port) return;
        try {
          const reply = decodeReply(bytes, id, name, type);
          if (reply !== undefined) resolve(reply);
        } catch {
          // Not the reply, or one that is of no use; another may come.
        }
      });
      socket.send(query, port, host, (error) => error && failed(error));
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function overTcp({ host, port }: NameServer, { name, type }: Question, patience: number): Promise<DnsReply> {
  const id = randomId(), query = encodeQuery(id, name, type), stop = AbortSignal.timeout(patience);
  let stream: Deno.TcpConn | undefined;
  const close = () => {
    try {
      stream?.close();
    } catch {
      // It is closed already.
    }
  };
  stop.addEventListener("abort", close);
  try {
    stream = await Deno.connect({ hostname: host, port, signal: stop } as Deno.ConnectOptions);
    const message = new Uint8Array(2 + query.length);
    new DataView(message.buffer).setUint16(0, query.length);
    message.set(query, 2);
    await writeAll(stream, message);
    const size = await readAll(stream, new Uint8Array(2));
    const bytes = await readAll(stream, new Uint8Array(new DataView(size.buffer).getUint16(0)));
    const reply = decodeReply(bytes, id, name, type);
    if (reply === undefined || reply.truncated) throw new NoReply(NONSENSE);
    return reply;
  } catch (error) {
    if (error instanceof NoReply) throw error;
    throw new NoReply(stop.aborted ? SILENCE : error instanceof RangeError ? NONSENSE : reasonOf(error as Error, host));
  } finally {
    stop.removeEventListener("abort", close);
    close();
  }
}

/** Without it, `node:dgram` throws where nobody can catch it. @param hosts where to receive, and to send to */
function requirePermission(...hosts: readonly string[]): void {
  const missing = hosts.find((host) => Deno.permissions.querySync({ name: "net", host }).state !== "granted");
  if (missing !== undefined) throw new NoReply(`there is no permission to ask the name server, --allow-net=${missing}`);
}

const SILENCE = "no answer from the name server", NONSENSE = "the name server's answer makes no sense";

function reasonOf({ code, name }: Error & { readonly code?: string }, host: string): string {
  // Deno's node:dgram has no better code for an unreachable network.
  const why = code === "UNKNOWN" ? "" : `, ${code ?? name}`;
  return `the name server ${host.split("%")[0]} cannot be reached${why}`;
}

async function writeAll(stream: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await stream.write(bytes.subarray(sent));
}

async function readAll(stream: Deno.TcpConn, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  for (let read = 0; read < into.length;) {
    const count = await stream.read(into.subarray(read));
    if (count === null) throw new NoReply("the name server closed the connection");
    read += count;
  }
  return into;
}

function randomId(): number {
  return crypto.getRandomValues(new Uint16Array(1))[0];
}
