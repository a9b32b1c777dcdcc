// deno-lint-ignore-file no-console -- this is what is replaced
/** Loaded before tests of examples, which show what they print: the reader of the results need not see it. */
console.log = () => {};
