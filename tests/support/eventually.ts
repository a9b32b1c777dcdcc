/** Milliseconds between two checks of a condition. */
const PAUSE = 2;

/** Default time limit for a condition in seconds; long, for busy machines. */
const PATIENCE = 30;

/**
 * Waits until a condition holds.
 *
 * @param what the condition in words, for the failure
 * @param seconds how long it may take, default 30
 * @throws {Error} when the time is over
 */
export async function eventually(what: string, condition: () => boolean, seconds = PATIENCE): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still not true after ${seconds} s: ${what}`);
    await pause(PAUSE);
  }
}

/** Waits for a promise, but not forever. @throws {Error} when the time is over, naming `what` */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s: ${what}`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets some time pass in which something must, or must not, happen. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A promise to be awaited later. If the test fails before that, its rejection is not an additional error. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
