/** Bytes of the relay's smallest and largest buffer. */
export const SMALL = 4 * 1024, LARGE = 128 * 1024;

/** Small buffers kept for the next connection, 1 MiB in all. Making one costs more than a read does. */
const KEPT = 256;

const spare: Uint8Array<ArrayBuffer>[] = [];

/** A small buffer. What it holds is left from earlier. */
export function takeSmall(): Uint8Array<ArrayBuffer> {
  return spare.pop() ?? new Uint8Array(SMALL);
}

/** Takes a buffer back that nothing reads into or writes from any more; one of another size is left to the collector. */
export function giveSmall(buffer: Uint8Array<ArrayBuffer>): void {
  if (buffer.length === SMALL && spare.length < KEPT) spare.push(buffer);
}
