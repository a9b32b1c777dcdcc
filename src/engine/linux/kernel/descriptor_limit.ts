import { C, LAYOUT } from "./abi.ts";
import type { Libc } from "./libc.ts";

/** The maximum number of descriptors, even if the system allows more: each row takes 48 bytes of address space. */
export const MOST_DESCRIPTORS = 1 << 20;

/** Raises the soft limit of open descriptors to the hard limit. Returns how many there may be, at most 1,048,576. */
export function raiseDescriptorLimit({ call }: Libc): number {
  const limit = new Uint8Array(LAYOUT.rlimit.size), view = new DataView(limit.buffer);
  if (call.getrlimit(C.RLIMIT_NOFILE, limit) < 0) return 1024;
  const soft = view.getBigUint64(LAYOUT.rlimit.soft, true), hard = view.getBigUint64(LAYOUT.rlimit.hard, true);
  view.setBigUint64(LAYOUT.rlimit.soft, hard, true);
  const got = soft < hard && call.setrlimit(C.RLIMIT_NOFILE, limit) === 0 ? hard : soft;
  return Number(got < MOST_DESCRIPTORS ? got : MOST_DESCRIPTORS);
}
