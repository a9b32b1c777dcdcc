/** The word that fits a number: `one` for 1, otherwise `many`, which is `one` with an "s" unless it is given. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
