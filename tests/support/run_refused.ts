/**
 * Runs a program to which the kernel refuses system calls. Arguments: the refusals in JSON, `exec` or `inside`, the words
 * that start the program.
 *
 * With `exec` the program has the filter from its first instruction on. With `inside`, for calls that the runtime itself
 * cannot do without at its start, this process installs the filter and then runs the project's `main`; the words must be
 * those of a start from source.
 */
import { main } from "../../src/cli/main.ts";
import { refuse } from "./system_call_filter.ts";

const [refusals, how, ...words] = Deno.args;
if (how === "inside") {
  refuse(JSON.parse(refusals));
  Deno.exit(await main(Deno.execPath(), words.slice(words.findIndex((word) => word.endsWith("cli.ts")) + 1)));
}
const strings = [words[0], ...words].map((word) => new TextEncoder().encode(word + "\0"));
const list = new BigUint64Array(strings.length);
// The first string is the path; the others, from the second on, are the arguments and the null that ends them.
for (let i = 1; i < strings.length; i++) {
  list[i - 1] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(strings[i])));
}
const { symbols } = Deno.dlopen("", { execvp: { parameters: ["buffer", "buffer"], result: "i32" } });
refuse(JSON.parse(refusals));
symbols.execvp(strings[0], list);
throw new Error(`Cannot execute ${words[0]}: execvp returned`);
