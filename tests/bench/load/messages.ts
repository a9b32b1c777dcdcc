/** Bytes of a request and of its response. */
export const REQUEST = 128, RESPONSE = 512;

/** The first byte of a connection's first request says what the back end does with the connection. */
export const KEEP = 0x6b, CLOSE = 0x63, STREAM = 0x73;

/** A request, the rest of which nobody looks at. */
export function request(verb: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(REQUEST).fill(verb);
}
