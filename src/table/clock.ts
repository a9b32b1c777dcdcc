/**
 * A clock that writes its reading into memory. On hot paths, a time is handed on in that cell: a number with a fraction
 * that is passed to a function or returned by one is allocated, unless V8 happens to inline the function, and one that is
 * read from an array is not.
 */
export interface Clock {
  /** Milliseconds as of the last look, in the first cell. */
  readonly time: Float64Array;
  /** Reads the clock, if it may have gone on. */
  look(): void;
}

/** A clock that shows what `now` returns. */
export function clockOf(now: () => number): Clock {
  const time = new Float64Array(1);
  return { time, look: () => void (time[0] = now()) };
}
