/** Bytes of the relay's buffers: of messages, of a stream, and of a stream at full speed while there are few. */
export const SMALL = 4096, MEDIUM = 16384, LARGE = 131072;

/** Large buffers there may be, 2 MiB in all, and from how many on they are taken from streams that wait. */
const MOST_LARGE = 16, CROWDED = 8;

type Buffer = Uint8Array<ArrayBuffer>;
type Size = typeof SMALL | typeof MEDIUM | typeof LARGE;

/** Buffers kept for those who take one next, 2 MiB of each size. Making one costs more than a read does. */
const KEPT = 2 * 1024 * 1024;

const spare = { [SMALL]: [] as Buffer[], [MEDIUM]: [] as Buffer[], [LARGE]: [] as Buffer[] };
let lent = 0;

/** A small buffer. What it holds is left from earlier. */
export function takeSmall(): Buffer {
  return take(SMALL);
}

/**
 * Takes a buffer back, however the reads into it ended.
 *
 * @param clean whether nothing reads into it or writes from it any more
 */
export function give(buffer: Buffer, clean: boolean): void {
  const size = buffer.length as Size, kept = spare[size];
  if (size === LARGE) lent--;
  if (clean && kept.length < KEPT / size) kept.push(buffer);
}

/**
 * The buffer for the next read: larger after one that filled it, smaller after a short one. While many are large, nobody
 * keeps a large one to wait with, for more bytes or for a slow receiver: those who wait may be many, and wait for long.
 *
 * @param length what the read brought
 * @param waited whether the receiver did not take it at once
 */
export function fitted(buffer: Buffer, length: number, waited: boolean): Buffer {
  const size = buffer.length;
  if (length <= SMALL / 2) return size === SMALL ? buffer : exchanged(buffer, SMALL);
  if (size === LARGE) return lent > CROWDED && (waited || length < size) ? exchanged(buffer, MEDIUM) : buffer;
  if (length < size) return buffer;
  if (size === SMALL) return exchanged(buffer, MEDIUM);
  return lent < (waited ? CROWDED : MOST_LARGE) ? exchanged(buffer, LARGE) : buffer;
}

function exchanged(buffer: Buffer, size: Size): Buffer {
  give(buffer, true);
  return take(size);
}

function take(size: Size): Buffer {
  if (size === LARGE) lent++;
  return spare[size].pop() ?? new Uint8Array(size);
}
