/** Attempts to take a lock before the thread sleeps, and how often it sleeps a millisecond before it gives up. */
const SPINS = 256, SLEEPS = 50;

/**
 * Takes a lock: a word that says who has it, 0 for nobody. It is held for less than a microsecond and never while
 * anything is called that can throw. If a thread dies all the same while it has one, main frees the lock. Until then
 * whoever finds it held waits some 50 ms at most, then does without; so nobody ever hangs, not even main.
 *
 * @param owner a thread's number plus 1, or `MAIN`
 * @returns whether it could
 */
export function takeLock(words: Int32Array, lock: number, owner: number): boolean {
  for (let sleeps = 0;; sleeps++) {
    for (let spins = 0; spins < SPINS; spins++) {
      if (Atomics.compareExchange(words, lock, 0, owner) === 0) return true;
    }
    if (sleeps === SLEEPS) return false;
    Atomics.wait(words, lock, Atomics.load(words, lock) || owner, 1);
  }
}

/** Gives a lock back. */
export function giveLock(words: Int32Array, lock: number): void {
  Atomics.store(words, lock, 0);
}

/** The main thread as the owner of a lock, where it is not an engine's thread. */
export const MAIN = 0x7fffffff;
