import { createHash } from "node:crypto";

/** Bytes that look random and are the same for the same seed, so that loss, doubling and reordering show. */
export function pattern(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = Math.imul(seed, 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; i++) {
    // Marsaglia's xorshift32: no period shorter than 2^32 - 1 words.
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Length and hash of a stream: equal only for equal streams. */
export interface Digest {
  readonly length: number;
  readonly sha256: string;
}

/** Digest of bytes that are all in memory. */
export function digestOf(bytes: Uint8Array): Digest {
  const digester = new Digester();
  digester.update(bytes);
  return digester.digest();
}

/** Makes the digest of a stream without keeping it. */
export class Digester {
  #length = 0;
  readonly #hash = createHash("sha256");

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    this.#hash.update(bytes);
  }

  /** The digest of everything so far. May be called once. */
  digest(): Digest {
    return { length: this.#length, sha256: this.#hash.digest("hex") };
  }
}
