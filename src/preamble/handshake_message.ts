/** Bytes of a record's header (RFC 8446, 5.1) and of a handshake message's (section 4). */
export const RECORD_HEADER = 5, MESSAGE_HEADER = 4;

/** The type of records that hold parts of handshake messages. */
const HANDSHAKE = 22;

/** Most bytes of a record that is not encrypted. */
const LONGEST_FRAGMENT = 16384;

/**
 * Bytes of the fragment in the record at `at`, whose header is there; 0 if no record of a handshake is there. Records
 * of a handshake may not be empty.
 */
export function fragmentLength(bytes: Uint8Array, at: number): number {
  const length = (bytes[at + 3] << 8) | bytes[at + 4];
  return bytes[at] === HANDSHAKE && bytes[at + 1] === 3 && length <= LONGEST_FRAGMENT ? length : 0;
}

/**
 * The body of the handshake message that a stream begins with, wherever its records end: a view if it is in one record.
 *
 * @param longest bytes that may be looked at, record headers included
 * @returns also how many bytes are needed at least, at most `longest`; or undefined if the message does not fit into
 *   that many, or something else comes in between
 */
export function readHandshakeMessage(bytes: Uint8Array, longest: number): Uint8Array | number | undefined {
  let size = 0;
  for (let at = 0, collected = 0;;) {
    // Of the whole message once its size is known, otherwise of its header.
    const left = () => (collected < MESSAGE_HEADER ? 0 : size) + MESSAGE_HEADER - collected;
    if (at + RECORD_HEADER > bytes.length) return atMost(at + RECORD_HEADER + left(), longest);
    const length = fragmentLength(bytes, at), start = at + RECORD_HEADER;
    if (length === 0) return undefined;
    const there = Math.min(length, bytes.length - start);
    for (let i = Math.max(1, collected); i < MESSAGE_HEADER && i < collected + there; i++) {
      size = (size << 8) | bytes[start + i - collected];
    }
    collected += there;
    if (left() <= 0) return collect(bytes, size);
    // What is missing beyond this record has at least one more header in front of it.
    const rest = length - there;
    if (rest > 0) return atMost(bytes.length + left() + (left() > rest ? RECORD_HEADER : 0), longest);
    at = start + length;
  }
}

function atMost(needed: number, longest: number): number | undefined {
  return needed > longest ? undefined : needed;
}

/** The body, of `size` bytes, of a message that is there as a whole. */
function collect(bytes: Uint8Array, size: number): Uint8Array {
  const first = RECORD_HEADER + MESSAGE_HEADER;
  if (fragmentLength(bytes, 0) >= MESSAGE_HEADER + size) return bytes.subarray(first, first + size);
  const message = new Uint8Array(MESSAGE_HEADER + size);
  for (let at = 0, filled = 0; filled < message.length;) {
    const length = fragmentLength(bytes, at), start = at + RECORD_HEADER;
    const taken = Math.min(length, message.length - filled);
    message.set(bytes.subarray(start, start + taken), filled);
    filled += taken;
    at = start + length;
  }
  return message.subarray(MESSAGE_HEADER);
}
