import { fragmentLength, readHandshakeMessage, RECORD_HEADER } from "./handshake_message.ts";
import { readAlpn, readServerName } from "./hello_extensions.ts";
import { Vector } from "./vector.ts";

/** What a TLS client says in the clear of where it wants to go; see `Greeting`. */
export interface ClientHello {
  readonly serverName: string;
  readonly alpn: readonly string[];
}

const CLIENT_HELLO = 1;

const RANDOM_BYTES = 32, LONGEST_SESSION = 32;

const SERVER_NAME = 0, ALPN = 16;

/**
 * Reads the ClientHello that a stream begins with (RFC 8446, 4.1.2), which may be spread over records in any way. Of a
 * hello with an encrypted one in it (ECH), the outer one is read.
 *
 * @param longest bytes at most, record headers included
 * @returns what it says; or how many bytes are needed at least; or `nameless` if it is too long or malformed, so that
 *   nothing that it says counts; or `other` if it is none
 */
export function readClientHello(bytes: Uint8Array, longest: number): ClientHello | number | "nameless" | "other" {
  if (bytes.length > 1 && bytes[1] !== 3) return "other";
  if (bytes.length <= RECORD_HEADER) return bytes.length + 1;
  if (fragmentLength(bytes, 0) === 0 || bytes[RECORD_HEADER] !== CLIENT_HELLO) return "other";
  const message = readHandshakeMessage(bytes, longest);
  if (typeof message === "number") return message;
  return message === undefined ? "nameless" : readMessage(message) ?? "nameless";
}

/** What the message says; undefined if it is malformed. */
function readMessage(message: Uint8Array): ClientHello | undefined {
  try {
    return readFields(new Vector(message));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readFields(message: Vector): ClientHello | undefined {
  const version = message.number(2);
  message.take(RANDOM_BYTES);
  const session = message.part(1), suites = message.part(2), compression = message.part(1);
  if (version >> 8 !== 3 || session.length > LONGEST_SESSION || compression.length === 0) return undefined;
  if (suites.length === 0 || suites.length % 2 !== 0) return undefined;
  // Before TLS 1.3, a hello may be without extensions.
  const extensions = new Vector(message.ended ? suites.subarray(0, 0) : message.part(2));
  if (!message.ended) return undefined;
  let serverName: string | undefined, alpn: readonly string[] | undefined;
  while (!extensions.ended) {
    const type = extensions.number(2), content = extensions.part(2);
    // Two of the same are forbidden; which one the server would take, nobody knows.
    if (type === SERVER_NAME) {
      if (serverName !== undefined) return undefined;
      serverName = readServerName(new Vector(content));
    } else if (type === ALPN) {
      if (alpn !== undefined) return undefined;
      alpn = readAlpn(new Vector(content));
    }
  }
  return { serverName: serverName ?? "", alpn: alpn ?? [] };
}
