import fc from "fast-check";
import type { ServiceTrial, SharedTrial } from "../contract/shared_trial.ts";
import type { Target } from "../contract/trial.ts";
import type { Client } from "../support/client.ts";

/** A client of a service. */
export interface Guest {
  readonly client: Client;
  readonly socket: number;
  /** Whether its back end has answered. */
  served: boolean;
}

/** A service, with what the model knows of it. */
export interface House {
  readonly trial: ServiceTrial;
  limit: number | undefined;
  paused: boolean;
  stopped: boolean;
  guests: Guest[];
}

/** Everything that the steps change. */
export interface World {
  readonly trial: SharedTrial;
  readonly backend: Target;
  readonly houses: House[];
  paused: boolean;
}

/** What can happen. The numbers choose among what there is; a step that finds nothing does nothing. */
export interface Step {
  readonly name: string;
  run(world: World): Promise<void> | void;
}

/** A step that fast-check shows by its name. */
function step(name: string, run: Step["run"]): Step {
  return Object.assign({ name, run }, { [fc.toStringMethod]: () => name });
}

const number = fc.nat(20), limit = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });

/** All kinds of steps, those that make others possible more often. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(number, number).map(([which, socket]) => connect(which, socket)) },
  { weight: 4, arbitrary: fc.tuple(number, number).map(([which, guest]) => leave(which, guest)) },
  { weight: 2, arbitrary: fc.tuple(limit, fc.integer({ min: 1, max: 3 })).map((args) => serve(...args)) },
  ...[
    number.map((which) => onHouse("pause", which, pause)),
    number.map((which) => onHouse("resume", which, resume)),
    number.map((which) => onHouse("stop", which, stop)),
    number.map((which) => onHouse("close all of", which, closeAll)),
    fc.tuple(number, limit).map(([which, most]) =>
      onHouse(`limit to ${most}`, which, async (house) => {
        house.limit = most;
        await house.trial.change({ maxConnections: most });
      })
    ),
    number.map((which) => onHouse("add a socket to", which, addSocket)),
    fc.tuple(number, number).map(([which, socket]) =>
      onHouse(`remove socket ${socket} of`, which, (house) => removeSocket(house, socket))
    ),
    fc.constantFrom(true, false).map((paused) => pauseAll(paused)),
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);

function serve(limit: number | undefined, sockets: number): Step {
  return step(`serve on ${sockets} sockets, limit ${limit}`, async ({ trial, backend, houses }) => {
    const service = await trial.serve({ channels: [backend], maxConnections: limit, sockets });
    houses.push({ trial: service, limit, paused: false, stopped: false, guests: [] });
  });
}

/** A step on a service that has not stopped. */
function onHouse(name: string, which: number, run: (house: House, world: World) => Promise<void> | void): Step {
  return step(`${name} ${which}`, (world) => {
    const open = world.houses.filter(({ stopped }) => !stopped);
    return open.length === 0 ? undefined : run(open[which % open.length], world);
  });
}

function connect(which: number, number: number): Step {
  return onHouse("connect to", which, async (house) => {
    const { ports } = house.trial;
    if (ports.length === 0) return;
    const client = await house.trial.connect(number % ports.length);
    const guest = { client, socket: ports[number % ports.length], served: false };
    house.guests.push(guest);
    client.readText().then((text) => guest.served = text !== null, () => {});
  });
}

function leave(which: number, number: number): Step {
  return step(`client ${number} leaves ${which}`, ({ houses }) => {
    const full = houses.filter(({ guests }) => guests.length > 0);
    if (full.length === 0) return;
    const house = full[which % full.length];
    dismiss(house, (guest) => guest === house.guests[number % house.guests.length]);
  });
}

function pause(house: House): void {
  house.paused = true;
  house.trial.served.pauseAccepting();
}

function resume(house: House): void {
  house.paused = false;
  house.trial.served.resumeAccepting();
}

function pauseAll(paused: boolean): Step {
  return step(paused ? "pause all" : "resume all", (world) => {
    world.paused = paused;
    if (paused) world.trial.engine.pauseAccepting();
    else world.trial.engine.resumeAccepting();
  });
}

/** Connections go on; whoever still waits in a queue leaves, since the queue is gone. */
function stop(house: House): void {
  house.stopped = true;
  house.trial.served.stopAccepting();
  dismiss(house, ({ served }) => !served);
}

function closeAll(house: House): void {
  stop(house);
  house.trial.served.closeAll();
  dismiss(house, () => true);
}

async function addSocket({ trial }: House, world: World): Promise<void> {
  await trial.served.addListener(world.trial.listen());
}

function removeSocket(house: House, number: number): void {
  const { listeners } = house.trial.served;
  if (listeners.length === 0) return;
  const listener = listeners[number % listeners.length];
  house.trial.served.removeListener(listener);
  dismiss(house, ({ served, socket }) => !served && socket === listener.address.port);
}

function dismiss(house: House, leaves: (guest: Guest) => boolean): void {
  const leaving = house.guests.filter(leaves);
  house.guests = house.guests.filter((guest) => !leaving.includes(guest));
  for (const { client } of leaving) client[Symbol.dispose]();
}
