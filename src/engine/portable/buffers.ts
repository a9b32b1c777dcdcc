type Buffer = Uint8Array<ArrayBuffer>;

/** Bytes of the relay's smallest buffer, which is enough for messages. */
export const SMALL = 4096;

/** Buffers of one size. */
interface Tier {
  readonly size: number;
  /** How many there may be. */
  readonly most: number;
  /** When more than this many are in use, nobody keeps one while waiting for more bytes or a slow receiver. */
  readonly crowded: number;
  lent: number;
  /** Free ones, kept for reuse. Making one costs more than a read. */
  readonly spare: Buffer[];
}

/**
 * From messages to streams at full speed. Many streams may wait for a long time, so the buffers of the two largest sizes
 * take at most 7 MiB together.
 */
const TIERS: readonly Tier[] = [
  tier(SMALL, Infinity, Infinity),
  tier(16 * 1024, Infinity, Infinity),
  tier(64 * 1024, 64, 16),
  tier(256 * 1024, 12, 8),
];

/** Bytes of spare buffers of one size. */
const KEPT = 2 * 1024 * 1024;

/** A small buffer. It still holds old bytes. */
export function takeSmall(): Buffer {
  return take(TIERS[0]);
}

/**
 * Takes a buffer back, however the reads into it ended.
 *
 * @param clean whether no read or write uses it any more
 */
export function give(buffer: Buffer, clean: boolean): void {
  const tier = TIERS[tierOf(buffer)];
  tier.lent--;
  if (clean && tier.spare.length < KEPT / tier.size) tier.spare.push(buffer);
}

/**
 * The buffer for the next read: larger after a read that filled it, if one is available, and smaller after a short
 * read.
 *
 * @param length how many bytes the read returned
 * @param waited whether the receiver did not take it at once
 */
export function fitted(buffer: Buffer, length: number, waited: boolean): Buffer {
  if (buffer.length === SMALL && length < SMALL) return buffer;
  if (length <= SMALL / 2) return exchanged(buffer, TIERS[0]);
  const index = tierOf(buffer), { lent, crowded } = TIERS[index];
  if (lent > crowded && (waited || length < buffer.length)) return exchanged(buffer, TIERS[index - 1]);
  if (length < buffer.length || index === TIERS.length - 1) return buffer;
  const larger = TIERS[index + 1];
  return larger.lent < (waited ? larger.crowded : larger.most) ? exchanged(buffer, larger) : buffer;
}

function tier(size: number, most: number, crowded: number): Tier {
  return { size, most, crowded, lent: 0, spare: [] };
}

function tierOf({ length }: Buffer): number {
  let index = 0;
  while (TIERS[index].size < length) index++;
  return index;
}

function exchanged(buffer: Buffer, tier: Tier): Buffer {
  give(buffer, true);
  return take(tier);
}

function take(tier: Tier): Buffer {
  tier.lent++;
  return tier.spare.pop() ?? new Uint8Array(tier.size);
}
