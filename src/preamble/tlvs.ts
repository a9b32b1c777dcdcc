/** The typed values of a PROXY header of version 2: one byte of type, two of length, the value (section 2.2). */

/** Types of values that are read or written here. */
export const TLV = { ALPN: 0x01, AUTHORITY: 0x02, CRC32C: 0x03, NOOP: 0x04, UNIQUE_ID: 0x05 } as const;

/** Bytes in front of a value. */
export const TLV_HEAD = 3;

/** A value and where it is among the others. */
export interface Tlv {
  readonly type: number;
  /** Where its type is. */
  readonly start: number;
  /** Where the next one is. */
  readonly end: number;
}

/** The values one after the other. Ends with undefined at one that does not fit. */
export function* eachTlv(tlvs: Uint8Array): Generator<Tlv | undefined, void> {
  for (let start = 0; start < tlvs.length;) {
    const end = start + TLV_HEAD + ((tlvs[start + 1] << 8) | tlvs[start + 2]);
    if (start + TLV_HEAD > tlvs.length || end > tlvs.length) {
      yield undefined;
      return;
    }
    yield { type: tlvs[start], start, end };
    start = end;
  }
}

/** The first value of a type, a view; undefined if there is none. */
export function findTlv(tlvs: Uint8Array, type: number): Uint8Array | undefined {
  for (const tlv of eachTlv(tlvs)) if (tlv?.type === type) return tlvs.subarray(tlv.start + TLV_HEAD, tlv.end);
  return undefined;
}
