import fc, { type Parameters } from "fast-check";

// Lists and texts are as long as they may be. Otherwise none has more than ten elements, whatever its `maxLength`.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

/** Seed of every property when nobody asks for another, so that a run can be repeated. */
const SEED = 0x5eed;

/** How to run a property. `T` is the tuple of its values. */
export type PropertyParameters = Pick<Parameters<unknown>, "seed" | "numRuns" | "endOnFailure">;

/**
 * Seed and number of runs for a property. `BALANCE_FUZZ_SEED` and `BALANCE_FUZZ_RUNS` (a factor) replace the fixed ones;
 * without the permission to read them they count as not set, since the pure tests have no permission at all.
 *
 * @param runs times the property is tried when nobody asks for more
 */
export function parameters(runs: number): PropertyParameters {
  return { seed: setting("BALANCE_FUZZ_SEED") ?? SEED, numRuns: runs * (setting("BALANCE_FUZZ_RUNS") ?? 1) };
}

function setting(variable: string): number | undefined {
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  const text = Deno.env.get(variable);
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number)) {
    throw new TypeError(`Cannot read ${variable}: ${JSON.stringify(text)} is not a number`);
  }
  return number;
}
