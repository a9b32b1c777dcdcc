/**
 * Random sequences of clients, operators, back ends, checks and reloads on one service of the real program: after each
 * step, everything is as a simple account says, and every client had what it may have.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { EngineName } from "../../mod.ts";
import { parameters } from "../fuzz/parameters.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";
import { Account } from "./state_account.ts";
import { anyGroup, anyStateStep, BACKENDS } from "./state_steps.ts";
import { StateSubject } from "./state_subject.ts";
import { settle, type StateWorld, step } from "./state_world.ts";

const anySetting = fc.record({ queue: fc.boolean(), sticky: fc.boolean(), checks: fc.boolean(), routes: fc.boolean() });

const anyRun = anySetting.chain((setting) =>
  fc.record({
    setting: fc.constant(setting),
    text: fc.tuple(anyGroup(BACKENDS[0], setting), anyGroup(BACKENDS[1], setting)),
    steps: fc.array(anyStateStep(setting), { minLength: 20, maxLength: 60, size: "max" }),
  })
);

async function check(engine: EngineName, threads: number, runs: number): Promise<void> {
  const { seed, numRuns } = parameters(runs);
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ setting, text, steps }) => {
      await using subject = await StateSubject.start(engine, threads, setting, text, BACKENDS.flat().length);
      const account = new Account(setting, text, (backend) => subject.backends[backend].isUp);
      const world: StateWorld = {
        ...{ setting, account, subject, draft: text, guests: [], waiting: [], now: 0, misled: false, cut: 0 },
      };
      const begins = step("nothing has happened", () => {}), ends = step("all leave", everybodyLeaves);
      const past: string[] = [];
      let before = 0;
      try {
        for (const step of [begins, ...steps, ends]) {
          past.push(step.name);
          await settle(world, step);
          // The first connection of each kind may make descriptors that stay.
          if (past.length === 1) before = subject.descriptors;
        }
        await eventually("every descriptor is closed", () => subject.descriptors <= before);
        assert.doesNotMatch(subject.log, / error (?! *(group \d: )?all channels )/);
      } catch (error) {
        const steps = past.slice(-12).join("; ");
        throw new Error(`${(error as Error).message}\n(${JSON.stringify(setting)}: ${steps})`, { cause: error });
      } finally {
        for (const guest of [...world.guests, ...world.waiting]) guest[Symbol.dispose]();
      }
    }),
    // To find a shorter sequence takes a quarter of a minute for each that fails.
    { numRuns, seed: seed! + 10 * threads + engine.length, endOnFailure: true },
  );
}

function everybodyLeaves(world: StateWorld): void {
  for (const guest of world.waiting) guest.leave("resets");
  world.waiting = [];
  for (const guest of world.guests) {
    guest[Symbol.dispose]();
    guest.channel!.current--;
  }
  world.guests = [];
}

// Elsewhere, clients have no addresses of their own.
testWith([linux], "a service of the portable engine does what the account says", () => check("portable", 1, 8));

for (const threads of [1, 2, 4]) {
  testWith(
    [linux],
    `a service of the linux engine with ${threads} ${threads === 1 ? "thread" : "threads"} does what the account says`,
    () => check("linux", threads, 7),
  );
}
