/** An IPv4 address occupies the last four of the sixteen bytes, behind `::ffff` (RFC 4291, 2.5.5.2). */
export const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

// Character by character, since files have a million addresses: the URL parser takes several times as long.
const DOT = 0x2e, COLON = 0x3a, ZERO = 0x30;

/** Reads `192.0.2.1`, without leading zeros, as IPv4-mapped bytes; undefined for anything else. */
export function readIPv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  return readIPv4Into(text, bytes) ? bytes : undefined;
}

/** The same into sixteen bytes that are there. @returns whether it is an IPv4 address; if not, the bytes mean nothing */
export function readIPv4Into(text: string, bytes: Uint8Array): boolean {
  if (text.length > 15) return false;
  for (let i = 0; i < MAPPED_PREFIX.length; i++) bytes[i] = MAPPED_PREFIX[i];
  return readDotted(text, 0, bytes, 12);
}

/** Reads an IPv6 address without a zone (RFC 4291, 2.2); undefined for anything else. */
export function readIPv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16), { length } = text;
  let at = 0, filled = 0, gap = -1;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined;
    at = 2;
    gap = 0;
  }
  while (at < length) {
    if (filled === 16) return undefined;
    const start = at;
    let word = 0;
    for (let digit; at < length && at < start + 4 && (digit = hexDigit(text.charCodeAt(at))) >= 0; at++) {
      word = word << 4 | digit;
    }
    if (at < length && text.charCodeAt(at) === DOT) {
      if (filled > 12 || !readDotted(text, start, bytes, filled)) return undefined;
      filled += 4;
      break;
    }
    if (at === start) return undefined;
    bytes[filled++] = word >> 8;
    bytes[filled++] = word & 0xff;
    if (at === length) break;
    if (text.charCodeAt(at++) !== COLON) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = filled;
      at++;
    } else if (at === length) return undefined;
  }
  if (gap < 0) return filled === 16 ? bytes : undefined;
  // `::` stands for one word at least.
  if (filled > 14) return undefined;
  for (let from = filled, to = 16; from > gap;) {
    bytes[--to] = bytes[--from];
    bytes[from] = 0;
  }
  return bytes;
}

/** Reads four decimal numbers with dots between them, up to the end of the text. */
function readDotted(text: string, at: number, bytes: Uint8Array, into: number): boolean {
  const { length } = text;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return false;
    const start = at;
    let number = 0;
    for (let digit; at < length && (digit = text.charCodeAt(at) - ZERO) >= 0 && digit <= 9; at++) {
      number = 10 * number + digit;
      if (number > 255) return false;
    }
    if (at === start || at > start + 1 && text.charCodeAt(start) === ZERO) return false;
    bytes[into + part] = number;
  }
  return at === length;
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
