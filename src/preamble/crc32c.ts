/** CRC32c, the checksum of PROXY headers (RFC 4960, appendix B; Castagnoli's polynomial, reflected). */

const POLYNOMIAL = 0x82f63b78;

const TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  TABLE[byte] = value;
}

/**
 * The checksum of bytes, as an unsigned number.
 *
 * @param before checksum of the bytes in front of these; default: there are none
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
