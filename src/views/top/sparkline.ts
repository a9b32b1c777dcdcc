/** From nothing to the most. */
const BLOCKS = " ▁▂▃▄▅▆▇█", ASCII = " .:-=+*#@";

/**
 * A line of numbers as blocks, the highest of which is as high as a line.
 *
 * @param width characters; numbers that share one are added
 */
export function sparkline(numbers: readonly number[], width: number, unicode: boolean): string {
  const bars = added(numbers, width), most = Math.max(...bars, 0), steps = unicode ? BLOCKS : ASCII;
  return bars.map((bar) => steps[bar <= 0 ? 0 : Math.max(1, Math.round(bar / most * (steps.length - 1)))]).join("");
}

/** Adds neighbours until there are no more numbers than that. The latest are whole; what is left over comes first. */
export function added(numbers: readonly number[], most: number): number[] {
  const shares = Math.max(1, Math.ceil(numbers.length / Math.max(1, most))), sums: number[] = [];
  for (let end = numbers.length; end > 0; end -= shares) {
    sums.unshift(numbers.slice(Math.max(0, end - shares), end).reduce((sum, number) => sum + number, 0));
  }
  return sums;
}
