/**
 * What a client may do that is told why it is not served, until it is closed. A socket that is closed with bytes unread
 * is reset (RFC 9293, 3.10.4; RFC 2525, 2.17), and its peer may lose what it was sent; so what the client sends
 * meanwhile is read and dropped, but not without end.
 */
export const FAREWELL = {
  /** Milliseconds for which it may take to read its farewell and close. */
  TIME: 2_000,
  /** Bytes that are read and dropped. */
  BYTES: 1024 * 1024,
} as const;
