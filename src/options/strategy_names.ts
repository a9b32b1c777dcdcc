/** The built-in strategies by their names, each as texts call it. `selection` has the strategies themselves. */
export const strategyTitles: Readonly<Record<string, string>> = {
  rr: "Round Robin",
  hash: "Hash",
  least: "least connections",
  random: "random",
  stable: "stable hash",
  first: "first available",
};

/** Names of the built-in strategies. */
export const strategyNames: readonly string[] = Object.keys(strategyTitles);

/** Names of strategies that are not built in. */
export function namesOf(strategies: readonly { readonly name: string }[] = []): readonly string[] {
  return strategies.map(({ name }) => name);
}
