import { isMapped, wordAt } from "../address.ts";
import type { RecordedEndpoint } from "./connection_record.ts";

/** The first three words of an IPv4-mapped address, as they lie in memory. */
const MAPPED = new Int32Array(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff).buffer);

/**
 * An endpoint of a record. Its address becomes an array of bytes only when somebody asks for it: the memory of such an
 * array takes longer than the rest of the record.
 */
export class StoredEndpoint implements RecordedEndpoint {
  readonly port: number;
  readonly #a: number;
  readonly #b: number;
  readonly #c: number;
  readonly #d: number;

  /** @param at where the four words of its address begin */
  constructor(words: Int32Array, at: number, port: number) {
    this.port = port;
    this.#a = words[at];
    this.#b = words[at + 1];
    this.#c = words[at + 2];
    this.#d = words[at + 3];
  }

  get address(): Uint8Array {
    return new Uint8Array(Int32Array.of(this.#a, this.#b, this.#c, this.#d).buffer);
  }

  get ipv4(): number | undefined {
    if (this.#a !== MAPPED[0] || this.#b !== MAPPED[1] || this.#c !== MAPPED[2]) return undefined;
    // Deno's processors have the first byte in the lowest bits.
    const word = this.#d;
    return word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24;
  }
}

/** An endpoint's IPv4 address as a signed number, its first byte in the highest bits; undefined if it is an IPv6 one. */
export function ipv4Of(endpoint: RecordedEndpoint): number | undefined {
  if (endpoint instanceof StoredEndpoint) return endpoint.ipv4;
  const { address } = endpoint;
  return isMapped(address) ? wordAt(address, 12) : undefined;
}
