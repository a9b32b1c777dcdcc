import type { ChannelSnapshot, GroupSnapshot } from "../groups/snapshot.ts";

/**
 * Makes snapshots work with `JSON.stringify`, which throws on a BigInt. A counter becomes a number while that is
 * exact, otherwise a string of digits. The method is not enumerable, so copies, comparisons and the console do not see
 * it.
 */
export function withJson(groups: GroupSnapshot[]): GroupSnapshot[] {
  for (const { channels } of groups) {
    for (const channel of channels) Object.defineProperty(channel, "toJSON", { value: toJson });
  }
  return groups;
}

function toJson(this: ChannelSnapshot): Record<string, unknown> {
  const entries = Object.entries(this).map(([name, value]) => [name, typeof value === "bigint" ? exact(value) : value]);
  return Object.fromEntries(entries);
}

function exact(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
