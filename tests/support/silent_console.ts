// deno-lint-ignore-file no-console -- this is what is replaced
/** Loaded before tests of examples, to hide what they print: it would clutter the results. */
console.log = () => {};
