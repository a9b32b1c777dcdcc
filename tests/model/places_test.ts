/** Random sequences of events: after each, limits hold, and nobody waits for whom there is a place. */
import fc from "fast-check";
import type { StartEngine } from "../../src/engine/engine.ts";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { startPortable } from "../../src/engine/portable/portable.ts";
import { SharedTrial } from "../contract/shared_trial.ts";
import { parameters } from "../fuzz/parameters.ts";
import { namedBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { condition, testWith } from "../support/requirements.ts";
import { anyStep, type House, type Step, type World } from "./places_steps.ts";

/** Clients that the process serves at the same time. */
const MOST = 5;

const sequences = fc.array(anyStep, { maxLength: 60, size: "max" });

async function check(start: StartEngine, threads: number, runs: number): Promise<void> {
  await using backend = namedBackend("a");
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      await using trial = await SharedTrial.start(start, threads, { maxConnections: MOST });
      const world: World = { trial, backend, houses: [], paused: false };
      for (const step of steps) {
        await step.run(world);
        await settled(world, step);
      }
      for (const { guests } of world.houses) for (const { client } of guests) client[Symbol.dispose]();
    }),
    parameters(runs),
  );
}

/** Waits until the world is as it must be after a step. */
async function settled(world: World, step: Step): Promise<void> {
  const all = () => world.houses.reduce((sum, { guests }) => sum + served(guests), 0);
  await eventually(`all are served for whom there is a place after "${step.name}"`, () => {
    const { engine } = world.trial;
    if (engine.connections > MOST) throw new Error(`${engine.connections} are served instead of ${MOST}`);
    if (engine.connections !== all()) return false;
    const full = world.paused || engine.connections === MOST;
    return world.houses.every((house) => {
      const { connections } = house.trial.served;
      if (connections !== served(house.guests)) return false;
      return full || house.paused || connections >= (house.limit ?? Infinity) || connections === house.guests.length;
    });
  });
}

function served(guests: House["guests"]): number {
  return guests.filter(({ served }) => served).length;
}

Deno.test("the portable engine gives every place to somebody who waits for it, whichever service it is", async () => {
  await check(startPortable, 1, 60);
});

const unable = linuxUnavailable();

testWith(
  [condition(unable === undefined, `${unable}`)],
  "the linux engine, with three threads, gives every place to somebody who waits for it, whichever service it is",
  () => check(startLinux, 3, 20),
);
