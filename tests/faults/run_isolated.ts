/** Runs one scenario of a module and prints its figures: module, fault, subject. For `isolation.ts`. */
import { MARK } from "./isolation.ts";
import type { Scenario } from "./scenario.ts";
import { Subject } from "./subject.ts";

const [module, fault, subject] = Deno.args;
const { scenarios } = await import(module) as { scenarios: readonly Scenario[] };
const figures = await scenarios.find((scenario) => scenario.fault === fault)!.measure(new Subject(subject));
await Deno.stdout.write(new TextEncoder().encode(`${MARK}${JSON.stringify(figures)}\n`));
