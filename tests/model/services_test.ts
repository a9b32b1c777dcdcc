/**
 * Random sequences of control commands, reloads and clients over many services of the real program: after each, it says
 * what a simple model says, no client is lost, and every byte is counted.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { EngineName } from "../../mod.ts";
import { parameters } from "../fuzz/parameters.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { ServicesModel } from "./services_model.ts";
import { admit } from "./services_clients.ts";
import { fileOf, firstDraft } from "./services_file.ts";
import { anyServicesStep } from "./services_steps.ts";
import { ServicesSubject } from "./services_subject.ts";
import type { ServicesWorld } from "./services_world.ts";

const sequences = fc.array(anyServicesStep, { minLength: 20, maxLength: 80, size: "max" });

async function check(engine: EngineName): Promise<void> {
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      const draft = firstDraft(), file = fileOf(draft), model = new ServicesModel(file);
      await using subject = await ServicesSubject.start(engine, file);
      const world: ServicesWorld = { model, subject, draft, waiting: undefined };
      for (const step of steps) {
        try {
          await step.run(world);
          await admit(world);
          await subject.agrees(model);
        } catch (error) {
          throw new Error(`${(error as Error).message}\n(${step.name})`, { cause: error });
        }
      }
      world.waiting?.client[Symbol.dispose]();
      for (const [connection, client] of subject.clients) {
        client[Symbol.dispose]();
        model.closed(connection);
      }
      if (world.waiting === undefined) await subject.agrees(model);
      assert.doesNotMatch(subject.log, / error (?! *cannot reload)/);
    }),
    // To find a shorter sequence takes a quarter of a minute for each that fails.
    { ...parameters(10), endOnFailure: true },
  );
}

for (const engine of ["portable", "linux"] as const) {
  testWith(
    engine === "linux" ? [linux] : [posix],
    `many services of the ${engine} engine do what the model does, with reloads and control commands under clients`,
    () => check(engine),
  );
}
