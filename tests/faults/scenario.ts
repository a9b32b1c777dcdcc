import type { Requirement } from "../support/requirements.ts";
import { testWith } from "../support/requirements.ts";
import { isolated } from "./isolation.ts";
import { ENGINES, Subject } from "./subject.ts";

/** Whether scenarios take the time that a page for people deserves, rather than the time that a test may take. */
export const LONG = Deno.env.get("BALANCE_LONG") === "1";

/** One way in which the world can go wrong: a row of the page. */
export interface Scenario {
  /** Short name: the row's first cell, and part of the tests' names. */
  readonly fault: string;
  /** How the fault is made. */
  readonly made: string;
  /** What must hold. */
  readonly holds: string;
  readonly needs?: readonly Requirement[];
  /** Whether it runs in a network namespace of its own, whose loopback is up and where it is root. */
  readonly isolated?: boolean;
  /** Whether HAProxy can be put in the program's place. */
  readonly peer?: boolean;
  /** Makes the fault, asserts what must hold and says what was measured. */
  measure(subject: Subject): Promise<string[]>;
}

/** Runs a scenario here, or in a namespace of its own if it needs one. @returns what was measured */
export function measure(scenario: Scenario, module: string, subject: string): Promise<string[]> {
  return scenario.isolated ? isolated(module, scenario.fault, subject) : scenario.measure(new Subject(subject));
}

/** A test for each scenario and engine. @param module `import.meta.url` of the file that exports the scenarios */
export function testScenarios(module: string, scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    for (const engine of ENGINES) {
      testWith(scenario.needs ?? [], `${scenario.fault}: ${scenario.holds} (${engine} engine)`, async () => {
        await measure(scenario, module, engine);
      });
    }
  }
}
