const BACKSLASH = 0x5c, LINE_FEED = 0x0a, SPACE = 0x20, TILDE = 0x7e;
const HEX = [..."0123456789ABCDEF"].map((digit) => digit.charCodeAt(0));

/** Columns after which a line of the dump is broken. */
const WIDTH = 80;

/**
 * One relayed chunk as the packet dump shows it (Balance manual, `-p`): `-> N` for bytes from client to channel or `-< N`
 * for the other way, the bytes, an empty line.
 */
export function dumpChunk(direction: "sent" | "rcvd", bytes: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${direction === "sent" ? "->" : "-<"} ${bytes.length}\n`);
  // The longest a byte can get is three characters and, every 80 columns, a line break.
  const out = new Uint8Array(head.length + bytes.length * 4 + 2);
  out.set(head);
  let end = head.length, column = 0;
  for (const byte of bytes) {
    if (byte >= SPACE && byte <= TILDE && byte !== BACKSLASH) {
      out[end++] = byte;
      column += 1;
    } else {
      out[end++] = BACKSLASH;
      column += 1;
      if (byte === BACKSLASH) {
        out[end++] = BACKSLASH;
        column += 1;
      } else {
        out[end++] = HEX[byte >> 4];
        out[end++] = HEX[byte & 15];
        column += 2;
      }
    }
    if (byte === LINE_FEED || column > WIDTH) {
      out[end++] = LINE_FEED;
      column = 0;
    }
  }
  if (column > 0) out[end++] = LINE_FEED;
  out[end++] = LINE_FEED;
  return out.subarray(0, end);
}
