import { formatHost, isMapped, parseHost } from "../table/address.ts";

/** Addresses that follow each other. */
export interface NetworkRange {
  /** Sixteen bytes of the first one. */
  readonly first: Uint8Array;
  /** Sixteen bytes of the last one, of the same family. */
  readonly last: Uint8Array;
}

/** Why a word is no network. */
export interface NetworkFault {
  /** The part that is wrong. */
  readonly word: string;
  /** What is wrong with it, behind the word: `ends before it begins`. */
  readonly reason: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** One part of a list: a network, all addresses, or a file of networks. */
export type NetworkPart =
  | { readonly kind: "range"; readonly text: string; readonly ranges: readonly NetworkRange[] }
  | { readonly kind: "file"; readonly text: string; readonly path: string };

/**
 * Reads a comma list of `ADDR`, `ADDR/LEN`, `ADDR-ADDR`, `all` and `@FILE`. Each part's `text` is its canonical form;
 * joined by commas, they are read as the same list.
 */
export function parseNetworks(text: string): readonly NetworkPart[] | NetworkFault {
  const parts: NetworkPart[] = [];
  for (const word of text.split(",")) {
    if (word === "") return { word: text, reason: text === "" ? "is empty" : "has an empty part" };
    if (word.startsWith("@")) {
      const path = word.slice(1);
      if (path === "") return { word, reason: "names no file" };
      parts.push({ kind: "file", text: word, path });
    } else {
      const ranges = parseRanges(word);
      if (isNetworkFault(ranges)) return ranges;
      parts.push({ kind: "range", text: word === "all" ? word : formatNetwork(ranges[0]), ranges });
    }
  }
  return parts;
}

/** Reads one part that is no file: `all` is two ranges, everything else one. */
export function parseRanges(word: string): readonly NetworkRange[] | NetworkFault {
  if (word === "all") return ["0.0.0.0/0", "::/0"].map((every) => parseNetwork(every) as NetworkRange);
  const range = parseNetwork(word);
  return isNetworkFault(range) ? range : [range];
}

/** Whether something could not be read. */
export function isNetworkFault(value: object): value is NetworkFault {
  return "reason" in value;
}

/**
 * Reads `ADDR`, `ADDR/LEN` or `ADDR-ADDR`. IPv4-mapped addresses are IPv4 addresses in another notation; any other
 * IPv6 network has no IPv4 addresses.
 */
export function parseNetwork(word: string): NetworkRange | NetworkFault {
  const slash = word.indexOf("/"), hyphen = word.indexOf("-");
  if (hyphen >= 0) return parseSpan(word, word.slice(0, hyphen), word.slice(hyphen + 1));
  const address = slash < 0 ? word : word.slice(0, slash), first = parseAddress(address);
  if (isFault(first)) return first;
  if (slash < 0) return { first, last: first };
  // An IPv4-mapped network as IPv6 counts from the front of the sixteen bytes.
  const length = word.slice(slash + 1), front = isMapped(first) && !address.includes(":") ? 96 : 0;
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > 128 - front) {
    return { word, reason: `needs a prefix length from 0 to ${128 - front}` };
  }
  const prefix = front + Number(length), last = masked(first, prefix, 0xff);
  for (let i = prefix; i < 128; i++) {
    if (bit(first, i) === 0) continue;
    const suggestion = formatNetwork({ first: masked(first, prefix, 0), last });
    return { word, reason: "has bits set behind its prefix", suggestion };
  }
  return { first, last };
}

/** The shortest word for a range: an address, a prefix, or its first and last address. */
export function formatNetwork({ first, last }: NetworkRange): string {
  const mapped = isMapped(first);
  let prefix = 0;
  while (prefix < 128 && bit(first, prefix) === bit(last, prefix)) prefix++;
  if (prefix === 128) return formatHost(first);
  for (let i = prefix; i < 128; i++) {
    if (bit(first, i) !== 0 || bit(last, i) !== 1) return `${formatHost(first)}-${formatHost(last)}`;
  }
  return `${formatHost(first)}/${mapped ? prefix - 96 : prefix}`;
}

/** Whether one range has all addresses of another. */
export function contains(outer: NetworkRange, inner: NetworkRange): boolean {
  return isMapped(outer.first) === isMapped(inner.first) && compare(outer.first, inner.first) <= 0 &&
    compare(inner.last, outer.last) <= 0;
}

/** Whether two ranges have an address in common. */
export function overlap(one: NetworkRange, other: NetworkRange): boolean {
  return isMapped(one.first) === isMapped(other.first) && compare(one.first, other.last) <= 0 &&
    compare(other.first, one.last) <= 0;
}

/** The network of an address: IPv4-mapped addresses are networks of their own, whatever the prefix of IPv6. */
export function networkOf(address: Uint8Array, prefix: number): NetworkRange {
  if (isMapped(address)) return { first: address, last: address };
  return { first: masked(address, prefix, 0), last: masked(address, prefix, 0xff) };
}

function parseSpan(word: string, from: string, to: string): NetworkRange | NetworkFault {
  const first = parseAddress(from), last = parseAddress(to);
  if (isFault(first)) return first;
  if (isFault(last)) return last;
  if (isMapped(first) !== isMapped(last)) return { word, reason: "mixes IPv4 and IPv6" };
  if (compare(first, last) > 0) {
    return { word, reason: "ends before it begins", suggestion: `${to}-${from}` };
  }
  return { first, last };
}

function parseAddress(text: string): Uint8Array | NetworkFault {
  try {
    const { bytes, zone } = parseHost(text);
    return zone === 0 ? bytes : { word: text, reason: "has a zone, which networks do not have" };
  } catch {
    const zoned = text.includes("%");
    return { word: text, reason: zoned ? "has a zone, which networks do not have" : "is not a numeric address" };
  }
}

function isFault(value: Uint8Array | NetworkFault): value is NetworkFault {
  return !(value instanceof Uint8Array);
}

/** The address with all bits behind a prefix cleared or set. */
function masked(bytes: Uint8Array, prefix: number, fill: 0 | 0xff): Uint8Array {
  // A loop, as in `compare`: files have a million lines.
  const result = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    const rest = Math.min(8, Math.max(0, 8 * (i + 1) - prefix)), mask = (1 << rest) - 1;
    result[i] = bytes[i] & ~mask | fill & mask;
  }
  return result;
}

/** Compares two addresses: negative, 0 or positive. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

function bit(bytes: Uint8Array, index: number): number {
  return (bytes[index >> 3] >> (7 - (index & 7))) & 1;
}
