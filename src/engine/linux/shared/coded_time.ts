/** A time (ms) in sixteen bits, logarithmic: at most 0.02 % off, up to 49 days. 0 for none, which is -1. */
export function coded(ms: number): number {
  return ms < 0 ? 0 : Math.min(0xffff, 1 + Math.round(Math.log2(1 + ms) * 2048));
}

/** The time that the code stands for. */
export function decoded(code: number): number {
  return code === 0 ? -1 : 2 ** ((code - 1) / 2048) - 1;
}
