import type { Libc } from "./libc.ts";

/** Eight bytes that make an eventfd readable (eventfd(2)). */
const ONE = new Uint8Array(BigUint64Array.of(1n).buffer);

/** Wakes the thread that waits for this eventfd. */
export function wake(libc: Libc, eventfd: number): void {
  libc.call.write(eventfd, ONE, ONE.length);
}
