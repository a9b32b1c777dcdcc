import type { Measure } from "./measure.ts";
import { bestOf, median, type Ratio, ratioOf } from "./statistics.ts";
import type { Target } from "./targets.ts";

/** A contender that did not manage a measure. */
export interface Failure {
  readonly measure: string;
  readonly contender: string;
  readonly reason: string;
}

/** How a target came out. */
export interface Verdict {
  readonly target: Target;
  /** What was reached: a ratio, or a figure in the metric's unit. */
  readonly reached: Ratio;
  readonly met: boolean;
}

/** All samples of a run, by measure, metric, contender and round. */
export class Results {
  readonly measures: readonly Measure[];
  readonly contenders: readonly string[];
  readonly failures: Failure[] = [];
  readonly #series = new Map<string, number[]>();

  constructor(measures: readonly Measure[], contenders: readonly string[]) {
    this.measures = measures;
    this.contenders = contenders;
  }

  /** Adds one contender's sample of a round. Rounds count from 0; those left out are NaN. */
  add(measure: string, contender: string, round: number, sample: Readonly<Record<string, number>>): void {
    for (const [metric, value] of Object.entries(sample)) {
      const key = `${measure}.${metric} ${contender}`, series = this.#series.get(key) ?? [];
      this.#series.set(key, series);
      while (series.length < round) series.push(NaN);
      series[round] = value;
    }
  }

  /** A contender's values, round by round. */
  series(measure: string, metric: string, contender: string): readonly number[] {
    return this.#series.get(`${measure}.${metric} ${contender}`) ?? [];
  }

  /** Its median over the rounds; NaN without any. */
  median(measure: string, metric: string, contender: string): number {
    return median(this.series(measure, metric, contender).filter(Number.isFinite));
  }

  /** A target's outcome; undefined when what it takes was not measured. */
  verdict(target: Target): Verdict | undefined {
    const { measure, metric, contender, against, bound } = target;
    const better = this.measures.find(({ name }) => name === measure)?.metrics[metric].better;
    if (better === undefined) return undefined;
    const own = this.series(measure, metric, contender);
    const others = against === undefined
      ? own.map(() => 1)
      : bestOf(against.map((name) => this.series(measure, metric, name)), better);
    const reached = ratioOf(own, others);
    if (reached === undefined) return undefined;
    return { target, reached, met: better === "less" ? reached.median <= bound : reached.median >= bound };
  }

  /** Everything, for machines: medians, and each round's values. */
  toJSON(): unknown {
    return Object.fromEntries(this.measures.map(({ name, metrics }) => [
      name,
      Object.fromEntries(
        Object.entries(metrics).map(([metric, { title, unit, better }]) => [metric, {
          ...{ title: title.trim(), unit, better },
          contenders: Object.fromEntries(
            this.contenders.filter((each) => this.series(name, metric, each).some(Number.isFinite)).map((
              each,
            ) => [each, {
              median: this.median(name, metric, each),
              rounds: this.series(name, metric, each),
            }]),
          ),
        }]),
      ),
    ]));
  }
}
