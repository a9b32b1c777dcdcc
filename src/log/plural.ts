/** The word for a number: `one` for 1, otherwise `many`, by default `one` with an "s". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
