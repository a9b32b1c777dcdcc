/** Milliseconds of the longest `setTimeout`, about 25 days; a longer one fires after 1 ms. Split longer waits. */
export const LONGEST_TIMER = 0x7fffffff;
