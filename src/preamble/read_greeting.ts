import { begins } from "./begins.ts";
import { type Greeting, NO_GREETING, type Protocol } from "./greeting.ts";
import { readClientHello } from "./client_hello.ts";
import { readHttpStart } from "./http_start.ts";

/** Bytes of a greeting that are looked at, at most. */
export const LONGEST_GREETING = 16384;

const OTHER = just("other"), SSH = just("ssh"), HTTP = just("http"), TLS = just("tls");

const SSH_START = new TextEncoder().encode("SSH-");

/** The first byte of a TLS record that holds part of a handshake (RFC 8446, 5.1). */
const HANDSHAKE = 22;

/**
 * What a client's first bytes say.
 *
 * A name counts only if the whole ClientHello is well formed and at most `LONGEST_GREETING` bytes long with the headers
 * of its records; otherwise the client speaks TLS and has no name. Looking again when as many bytes have come as are
 * asked for takes no more than O(n log n) steps in all, whatever the pieces.
 *
 * @param bytes the stream from its start, behind a PROXY header, as far as it has come
 * @param ended whether no more will come, or come in time
 * @returns the greeting; or, if it has not ended, how many bytes are needed at least to tell more: always more than
 *   there are, and at most `LONGEST_GREETING`
 */
export function readGreeting(bytes: Uint8Array, ended: boolean): Greeting | number {
  if (bytes.length === 0) return ended ? NO_GREETING : 1;
  const found = read(bytes);
  return typeof found === "number" && ended ? unfinished(bytes) : found;
}

function read(bytes: Uint8Array): Greeting | number {
  if (bytes[0] === HANDSHAKE) {
    const hello = readClientHello(bytes, LONGEST_GREETING);
    if (typeof hello === "number") return hello;
    return hello === "other" ? OTHER : hello === "nameless" ? TLS : { protocol: "tls", ...hello };
  }
  if (bytes[0] === SSH_START[0]) {
    const ssh = begins(bytes, SSH_START);
    // No method of HTTP begins with `SSH-`, but some begin with S.
    if (ssh !== false) return ssh === true ? SSH : ssh;
  }
  const http = readHttpStart(bytes);
  return typeof http === "number" ? http : http ? HTTP : OTHER;
}

/** What is known of a client that has begun something. */
function unfinished(bytes: Uint8Array): Greeting {
  // As soon as it is clear that a ClientHello begins, the protocol is.
  return bytes[0] === HANDSHAKE && bytes.length > 5 ? TLS : OTHER;
}

function just(protocol: Protocol): Greeting {
  return { protocol, serverName: "", alpn: [] };
}
