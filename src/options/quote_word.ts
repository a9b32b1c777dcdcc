/** Words that mean themselves to a shell, unquoted. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * The word as it is written for a POSIX shell, between single quotes where it needs any. The separator `!` stays as it
 * is: alone, no shell acts on it as an argument.
 */
export function quoteWord(word: string): string {
  if (PLAIN.test(word) || word === "!") return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
