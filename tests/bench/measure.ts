import type { Contender } from "./contender.ts";
import type { Stand } from "./stand.ts";

/** One figure of a measure. */
export interface Metric {
  readonly title: string;
  readonly unit: string;
  /** Which is better. */
  readonly better: "less" | "more";
  /** Digits after the point. */
  readonly digits: number;
}

/** A way to measure a proxy. */
export interface Measure<Name extends string = string> {
  /** For `--only`, in the JSON, and in the targets. */
  readonly name: string;
  readonly metrics: Readonly<Record<Name, Metric>>;
  /** Share of the requested rounds, for a measure whose rounds are long or need few; default 1. */
  readonly share?: number;
  /** Contenders it makes sense for; all of them otherwise. */
  suits?(contender: Contender): boolean;
  /** Measures a contender once. @throws {Error} with the reason when the proxy did not manage it */
  sample(stand: Stand, contender: Contender): Promise<Record<Name, number>>;
}
