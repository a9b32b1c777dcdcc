/** Bytes of a request and of its response. */
export const REQUEST = 128, RESPONSE = 512;

/** The first byte of a connection's first request says what the back end does with the connection. */
export const KEEP = 0x6b, CLOSE = 0x63, STREAM = 0x73;

/** The name that clients ask for whose request is a ClientHello. */
export const SERVER_NAME = "www.example.com";

/** The first byte of a TLS record with a handshake. The back end takes such a request for CLOSE. */
export const HELLO = 0x16;

/** A request that is a whole ClientHello (RFC 8446, 4.1.2), padded to the size of a request (RFC 7685). */
export function helloRequest(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REQUEST), name = new TextEncoder().encode(SERVER_NAME);
  const put = (at: number, ...values: number[]) => (bytes.set(values, at), at + values.length);
  const word = (value: number) => [value >> 8, value & 255];
  // Record; message; version and random; no session, one suite, no compression.
  let at = put(0, HELLO, 3, 1, ...word(REQUEST - 5), 1, 0, ...word(REQUEST - 9), 3, 3) + 32;
  at = put(at, 0, 0, 2, 0x13, 1, 1, 0);
  at = put(at, ...word(REQUEST - at - 2), 0, 0, ...word(name.length + 5), ...word(name.length + 3), 0);
  at = put(at, ...word(name.length), ...name);
  put(at, 0, 21, ...word(REQUEST - at - 4));
  return bytes;
}

/** A request, the rest of which nobody looks at. */
export function request(verb: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(REQUEST).fill(verb);
}
