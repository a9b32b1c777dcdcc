/** Longest method that is recognised; the longest registered one has 17 letters (RFC 4437). */
const LONGEST_METHOD = 20;

/** Longest start of a target that is looked at: `https://` or `* HTTP/`. */
const LONGEST_TARGET = 8;

/** Method, space, and the start of a target: a path, a URL, or `*`, which other protocols have too (RFC 9112, 3). */
const START = /^(?:[A-Z][A-Z-]{2,19} (?:\/|https?:\/\/|\* HTTP\/)|CONNECT [!-~])/;

/** The same, not yet whole. */
const BEGUN =
  /^(?:[A-Z][A-Z-]{0,19}|[A-Z][A-Z-]{2,19} (?:h(?:t(?:t(?:p(?:s?(?::\/?)?)?)?)?)?|\*(?: (?:H(?:T(?:TP?)?)?)?)?)?)$/;

/**
 * Whether a stream begins with an HTTP request: of version 1, or the preface of HTTP/2, which looks like one (RFC 9113,
 * 3.4). Looks at the first 29 bytes at most.
 *
 * @returns also, how many bytes are needed at least to tell
 */
export function readHttpStart(bytes: Uint8Array): boolean | number {
  const text = String.fromCharCode(...bytes.subarray(0, LONGEST_METHOD + 1 + LONGEST_TARGET));
  if (START.test(text)) return true;
  return BEGUN.test(text) && bytes.length + 1;
}
