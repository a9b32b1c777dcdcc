/** Whether bytes begin with a signature; or how many are needed at least to tell. */
export function begins(bytes: Uint8Array, signature: Uint8Array): boolean | number {
  for (let i = 0; i < signature.length; i++) {
    // The next byte may already be a wrong one.
    if (i === bytes.length) return i + 1;
    if (bytes[i] !== signature[i]) return false;
  }
  return true;
}
