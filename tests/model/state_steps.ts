/** What clients and back ends do, and reloads. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { eventually } from "../support/eventually.ts";
import type { ControlReply } from "../../src/control/client.ts";
import { type GroupText, OWN, type Setting, SOME, strategies } from "./state_account.ts";
import { anyOperatorStep } from "./state_operators.ts";
import type { Guest } from "./state_guest.ts";
import { gone, served, type StateStep, type StateWorld, step } from "./state_world.ts";

/** Back ends that the channels of each group may lead to. */
export const BACKENDS = [[0, 1, 2], [3, 4]] as const;

/** Seconds that a client may take. */
const PATIENCE = 20;

const which = fc.nat(30),
  weight = fc.integer({ min: 1, max: 5 }),
  address = fc.nat(5).map((number) => `127.0.0.${number + 1}`);

/** A group of the file. */
export function anyGroup(
  backends: readonly number[],
  { queue, routes }: Pick<Setting, "queue" | "routes">,
): fc.Arbitrary<GroupText> {
  const channel = fc.record({
    backend: fc.constantFrom(...backends),
    maxc: fc.constantFrom(0, 0, 1, 2),
    weight: fc.constantFrom(1, 1, 2, 3, 0),
  });
  return fc.record({
    strategy: fc.constantFrom(...strategies(queue)),
    ...routes && { from: fc.constantFrom(undefined, ...SOME) },
    channels: fc.uniqueArray(channel, {
      minLength: 1,
      maxLength: backends.length,
      selector: ({ backend }) => backend,
    }),
  });
}

/** All kinds of steps, those that make others possible more often. */
export function anyStateStep(setting: Pick<Setting, "queue" | "routes">): fc.Arbitrary<StateStep> {
  const edit = (number: number) => anyGroup(BACKENDS[number], setting).map((group) => ({ number, group }));
  return fc.oneof(
    { weight: 20, arbitrary: address.map((from) => step(`${from} comes`, (world) => comes(world, from))) },
    {
      weight: 6,
      arbitrary: fc.array(address, { minLength: 2, maxLength: 8 }).map((from) =>
        step(`${from.length} come at a time`, (world) => comeTogether(world, from))
      ),
    },
    {
      weight: 10,
      arbitrary: fc.tuple(which, fc.constantFrom("ends", "vanishes", "resets")).map(([number, how]) =>
        step(`client ${number} ${how}`, (world) => leaves(world, world.guests[number % world.guests.length], how))
      ),
    },
    {
      weight: 2,
      arbitrary: which.map((number) => step(`client ${number} waits no longer`, (w) => givesUp(w, number))),
    },
    {
      weight: 6,
      arbitrary: fc.tuple(weight, weight, weight).map((weights) =>
        step(`as many come as a schedule of ${weights} has turns`, (world) => wholeSchedule(world, weights))
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(4), fc.constantFrom("refuses", "crashes")).map(([number, how]) =>
        step(`back end ${number} ${how}`, (world) => backendGoes(world, number, how))
      ),
    },
    {
      weight: 4,
      arbitrary: fc.nat(4).map((number) =>
        step(`back end ${number} is back`, ({ subject }) => subject.backends[number].up())
      ),
    },
    {
      weight: 5,
      arbitrary: fc.oneof(edit(0), edit(1)).map(({ number, group }) =>
        step(`a reload gives group ${number} ${JSON.stringify(group)}`, async (world) => {
          const { subject, account } = world, draft = world.draft.map((old, i) => i === number ? group : old);
          await subject.write(world.draft = draft);
          const { outcome, text }: ControlReply = await subject.control("reload");
          assert.equal(outcome, "ok", text.join("\n"));
          account.follow(draft);
        })
      ),
    },
    { weight: 20, arbitrary: anyOperatorStep(setting.queue) },
  );
}

/** A client comes; it gets a channel that it may get, waits, or is turned away. */
async function comes(world: StateWorld, address: string): Promise<void> {
  const { account, subject, setting } = world, { channels, otherwise, home, isCertain } = account.expect(address);
  // A client tries a channel that is down only in its turn, and waits until then.
  if (setting.queue && account.allDown) return;
  if (channels.length === 0 && otherwise === "waits") {
    const guest = await subject.connect(address, world.now);
    guest.home = home;
    world.waiting.push(guest);
    return;
  }
  const guest = await subject.connect(address, world.now);
  await eventually(`the client from ${address} is answered`, () => guest.isAnswered, PATIENCE);
  if (guest.backend !== undefined) return served(world, guest, channels);
  assert.ok(!isCertain || channels.length === 0, `${address} is turned away`);
}

/** Several clients come at the same time; as many are served as there is room for, the others wait or are turned away. */
async function comeTogether(world: StateWorld, all: readonly string[]): Promise<void> {
  const { account, subject, setting } = world, groups = account.groups.filter((group) => group.isFor(all[0]));
  // Those who may use the same groups.
  const addresses = all.filter((address) =>
    account.groups.every((group) => group.isFor(address) === groups.includes(group))
  );
  if (account.groups.some(({ strategy }) => OWN.includes(strategy))) return;
  if (setting.queue && account.allDown) return;
  // Some would wait for the channel that another one from there gets at the same time.
  const isOften = addresses.some((address, i) => account.homes.has(address) || addresses.indexOf(address) < i);
  if (setting.queue && setting.sticky && isOften) return;
  const own = groups.flatMap(({ channels }) => channels), [first] = groups;
  const mayWait = setting.queue && (account.fullFor(all[0]).length > 0 || account.room(own) > 0);
  const room = account.room(own),
    inFirstGroup = Math.min(addresses.length, account.room(first?.channels ?? [])),
    usable = own.filter((channel) => account.takes(channel));
  const guests = await Promise.all(addresses.map((address) => subject.connect(address, world.now)));
  const count = Math.min(guests.length, room),
    answered = () => guests.filter(({ isAnswered }) => isAnswered);
  const served_ = () => guests.filter(({ backend }) => backend !== undefined);
  await eventually(`${count} of ${guests.length} clients are served`, () => served_().length >= count, PATIENCE);
  if (!mayWait) await eventually("the others are turned away", () => answered().length === guests.length, PATIENCE);
  let inFirst = 0;
  for (const guest of served_()) {
    served(world, guest, usable);
    if (first.channels.includes(guest.channel!)) inFirst++;
    // Who comes at the same time as another one from there may not find yet what that one got.
    if (addresses.filter((address) => address === guest.address).length > 1) {
      account.homes.set(guest.address, "unknown");
    }
  }
  assert.equal(served_().length, count, "clients are served");
  if (!setting.sticky) assert.equal(inFirst, inFirstGroup, "are served in the first group");
  if (mayWait) world.waiting.push(...guests.filter(({ backend }) => backend === undefined));
}

async function leaves(world: StateWorld, guest: Guest | undefined, how: "ends" | "vanishes" | "resets"): Promise<void> {
  if (guest === undefined) return;
  guest.leave(how);
  if (how === "ends") await eventually("the client's connection ends", () => guest.ended, PATIENCE);
  // Its back end may learn of it later than another client gets the place.
  else if (how === "resets") world.cut++;
  gone(world, guest);
  guest[Symbol.dispose]();
}

/** Resets the connection, so that the program notices. */
function givesUp(world: StateWorld, number: number): void {
  const guest = world.waiting[number % world.waiting.length];
  if (guest === undefined) return;
  world.waiting = world.waiting.filter((other) => other !== guest);
  guest.leave("resets");
}

/** In a whole schedule each channel gets exactly what its weight says, whichever thread has which client. */
async function wholeSchedule(world: StateWorld, weights: readonly number[]): Promise<void> {
  const { account: { groups: [group] }, subject, setting, waiting } = world;
  const areUp = group.channels.every(({ backend }) => subject.backends[backend].isUp);
  if (setting.sticky || waiting.length > 0 || !areUp || !group.isFor("127.0.0.1")) return;
  const all = group.channels;
  for (const [number, channel] of all.entries()) {
    const lines = [`weight ${number} ${weights[number]}`, `enable ${number}`, `maxc ${number} 0`];
    for (const line of ["group 0", ...lines]) await subject.control(line);
    channel.weight = weights[number];
    channel.maxc = 0;
    channel.reasons.clear();
  }
  await subject.control("rr");
  group.strategy = "rr";
  const divisor = all.reduce((divisor, { weight }) => greatestCommonDivisor(weight, divisor), 0);
  const shares = new Map(all.map(({ backend, weight }) => [backend, weight / divisor]));
  const count = [...shares.values()].reduce((a, b) => a + b, 0);
  const guests = await Promise.all(Array.from({ length: count }, () => subject.connect("127.0.0.1", world.now)));
  await eventually("all are served", () => guests.every(({ backend }) => backend !== undefined), PATIENCE);
  const got = (backend: number) => guests.filter((guest) => guest.backend === backend).length;
  assert.deepEqual(new Map([...shares.keys()].map((backend) => [backend, got(backend)])), shares);
  for (const guest of guests) served(world, guest, all);
  for (const guest of guests) await leaves(world, guest, "ends");
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

async function backendGoes(world: StateWorld, number: number, how: "refuses" | "crashes"): Promise<void> {
  const { setting, subject, guests } = world;
  // Whoever comes while all are full would see which of them are dead, and not wait for those.
  if (setting.queue && !setting.checks) return;
  await subject.backends[number].down(how);
  if (how === "refuses") return;
  world.misled = true;
  for (const guest of guests.filter(({ backend }) => backend === number)) {
    await eventually("a client sees the crash", () => guest.ended, PATIENCE);
    await leaves(world, guest, "ends");
  }
}
