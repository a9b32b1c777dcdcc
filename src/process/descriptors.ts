/**
 * Descriptors kept for everything that is not a proxied connection: listener, control, log, runtime, pipes. It is a part of
 * the limit, at least what the program and one session of control need, and at most what all threads and sessions can.
 */
const RESERVED = { part: 1 / 8, least: 36, most: 512 };

/** Descriptors to assume where the limit cannot be read (macOS and Windows allow at least as many). */
const ASSUMED = 10_240;

/** Highest number of open files of this process, `undefined` where the system does not tell. */
export function descriptorLimit(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** Clients that can be served at a time: each takes two descriptors. At least 1. */
export function connectionsFor(descriptors = descriptorLimit() ?? ASSUMED): number {
  const reserved = Math.min(RESERVED.most, Math.max(RESERVED.least, descriptors * RESERVED.part));
  return Math.max(1, Math.floor((descriptors - reserved) / 2));
}
