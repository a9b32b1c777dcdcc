// deno-lint-ignore-file no-console -- the one place where the command line speaks to its user

/** Says a line that the user asked for. */
export function say(line: string): void {
  console.log(line);
}

/** Says what is wrong, or what the user ought to know. */
export function complain(line: string): void {
  console.error(line);
}
