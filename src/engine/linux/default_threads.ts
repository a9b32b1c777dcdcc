/** Descriptors that the process may have for each thread: with fewer, threads would take too many from connections. */
const DESCRIPTORS_PER_THREAD = 256;

/**
 * Threads that make sense here: one for each processor, at most 8.
 *
 * @param descriptors limit of open files; where it is small, fewer threads leave more of them to connections
 */
export function defaultThreads(descriptors = Infinity): number {
  return Math.max(1, Math.min(navigator.hardwareConcurrency, 8, Math.floor(descriptors / DESCRIPTORS_PER_THREAD)));
}
