/**
 * The time as of the last look (milliseconds of `performance.now`). Reading the clock takes Deno as long as all that is
 * counted of a connection, so what happens at the same moment shares one reading.
 */
export class Watch {
  /** In its first cell; see `Clock`. */
  readonly time = Float64Array.of(performance.now());

  get now(): number {
    return this.time[0];
  }

  /** Reads the clock. */
  look(): number {
    return this.time[0] = performance.now();
  }
}
