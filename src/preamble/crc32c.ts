/** CRC32c, the checksum of PROXY headers (RFC 4960, appendix B; Castagnoli's polynomial, reflected). */

const POLYNOMIAL = 0x82f63b78;

/** Made for the first checksum: as a module is loaded, its loop would cost every process 2 ms and 6 MB of V8's compilers. */
let table: Uint32Array | undefined;

/**
 * The checksum of bytes, as an unsigned number.
 *
 * @param before checksum of the bytes in front of these; default: there are none
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const values = table ??= makeTable();
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = values[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTable(): Uint32Array {
  const values = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
    values[byte] = value;
  }
  return values;
}
