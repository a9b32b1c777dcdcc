import type { Contender } from "./contender.ts";
import type { Measure } from "./measure.ts";
import { Results } from "./results.ts";
import type { Stand } from "./stand.ts";

/**
 * Takes every measure of every contender, in turn within a round, so that whatever slows the machine for a while slows
 * all of them. A contender that fails a measure is left out of that measure's other rounds.
 */
export async function run(
  stand: Stand,
  measures: readonly Measure[],
  contenders: readonly Contender[],
  progress: (line: string) => void,
): Promise<Results> {
  const results = new Results(measures, contenders.map(({ name }) => name));
  for (const measure of measures) {
    const rounds = Math.max(1, Math.round(stand.options.rounds * (measure.share ?? 1)));
    const able = new Set(contenders.filter((contender) => measure.suits?.(contender) ?? true));
    for (let round = 0; round < rounds; round++) {
      progress(`${measure.name}: round ${round + 1} of ${rounds}`);
      for (const contender of able) {
        try {
          results.add(measure.name, contender.name, round, await measure.sample(stand, contender));
        } catch (error) {
          const reason = (error as Error).message;
          able.delete(contender);
          results.failures.push({ measure: measure.name, contender: contender.name, reason });
          progress(`${measure.name}: ${contender.name} failed: ${reason}`);
        }
      }
    }
  }
  return results;
}
