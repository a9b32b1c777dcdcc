type Buffer = Uint8Array<ArrayBuffer>;

/** Bytes of the relay's smallest buffer, which is enough for messages. */
export const SMALL = 4096;

/** Buffers of one size. */
interface Tier {
  readonly size: number;
  /** How many there may be. */
  readonly most: number;
  /** With more than so many, nobody keeps one to wait with: for more bytes, or for a slow receiver. */
  readonly crowded: number;
  lent: number;
  /** Kept for those who take one next. Making one costs more than a read does. */
  readonly spare: Buffer[];
}

/** From messages to streams at full speed. Those who wait may be many, and wait for long; the larger ones are 7 MiB in all. */
const TIERS: readonly Tier[] = [
  tier(SMALL, Infinity, Infinity),
  tier(16 * 1024, Infinity, Infinity),
  tier(64 * 1024, 64, 16),
  tier(256 * 1024, 12, 8),
];

/** Bytes of spare buffers of one size. */
const KEPT = 2 * 1024 * 1024;

/** A small buffer. What it holds is left from earlier. */
export function takeSmall(): Buffer {
  return take(TIERS[0]);
}

/**
 * Takes a buffer back, however the reads into it ended.
 *
 * @param clean whether nothing reads into it or writes from it any more
 */
export function give(buffer: Buffer, clean: boolean): void {
  const tier = TIERS[tierOf(buffer)];
  tier.lent--;
  if (clean && tier.spare.length < KEPT / tier.size) tier.spare.push(buffer);
}

/**
 * The buffer for the next read: larger after one that filled it, as far as there are any, smaller after a short one.
 *
 * @param length what the read brought
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
