/** What can happen to many services in one process, each step on the model and on the real program. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { admit, arriveTogether, connect, echo, isClear, leave } from "./services_clients.ts";
import { anyCommand } from "./services_commands.ts";
import { anyEdit, fileOf } from "./services_file.ts";
import type { ModelConnection, ModelService, ServiceText } from "./services_model.ts";
import { PORTS, type ServicesSubject } from "./services_subject.ts";
import { type ServicesStep, type ServicesWorld, step } from "./services_world.ts";

const number = fc.nat(40), port = fc.nat(PORTS - 1);
const bytes = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200_000 }));

/** All kinds of steps, those that make others possible more often. */
export const anyServicesStep: fc.Arbitrary<ServicesStep> = fc.oneof(
  { weight: 10, arbitrary: port.map((port) => step(`connect to port ${port}`, (world) => connect(world, port))) },
  { weight: 3, arbitrary: fc.tuple(port, fc.integer({ min: 2, max: 6 })).map(([port, n]) => crowd(port, n)) },
  { weight: 5, arbitrary: fc.tuple(number, bytes).map(([which, bytes]) => sends(which, bytes)) },
  { weight: 6, arbitrary: fc.tuple(number, fc.boolean()).map(([which, ends]) => leaves(which, ends)) },
  { weight: 8, arbitrary: fc.tuple(fc.boolean(), port, fc.nat(3)).map((args) => reload(...args)) },
  { weight: 2, arbitrary: fc.constant(step("reload of a file with an error", reloadWithError)) },
  { weight: 10, arbitrary: anyEdit },
  { weight: 16, arbitrary: anyCommand },
);

/** Several clients come at the same time; as many are served as there is room for. */
function crowd(port: number, clients: number): ServicesStep {
  return step(`${clients} clients connect to port ${port}`, async (world) => {
    const service = world.model.owner(port);
    if (service !== undefined && isClear(service, clients)) await arriveTogether(world, service, port, clients);
  });
}

function sends(which: number, bytes: number): ServicesStep {
  return onConnection(
    `client ${which} sends ${bytes} bytes`,
    which,
    (world, connection) => echo(world, connection, bytes),
  );
}

function leaves(which: number, ends: boolean): ServicesStep {
  return onConnection(
    `client ${which} ${ends ? "ends its side" : "vanishes"}`,
    which,
    (world, connection) => leave(world, connection, ends),
  );
}

/** A step on one of the connections, if there are any. */
function onConnection(
  name: string,
  which: number,
  run: (world: ServicesWorld, connection: ModelConnection) => Promise<void>,
): ServicesStep {
  return step(name, async (world) => {
    const { connections } = world.model;
    if (connections.length > 0) await run(world, connections[which % connections.length]);
  });
}

/**
 * The file is written and read again. Meanwhile all clients send if they are told to, and some come to a port whose
 * service does not change.
 */
function reload(sending: boolean, port: number, clients: number): ServicesStep {
  const name = `reload${sending ? ", all send meanwhile" : ""}, ${clients} clients come to port ${port}`;
  return step(name, async (world) => {
    const { model, subject, draft, waiting } = world, file = fileOf(draft), { connections } = model;
    if (waiting !== undefined && !isCertain(model.owner(waiting.port)!, waiting.port, file)) return;
    const service = model.owner(port), next = file.find(({ ports }) => ports.includes(port));
    const before = new Map(model.services.map((service) => [service, service.choices()]));
    await subject.write(file);
    if (file.length === 0) return await refuses(subject, /^there is no service in /);
    const same = service !== undefined && JSON.stringify(service.text) === JSON.stringify(next);
    const { outcome, text } = (await Promise.all([
      subject.control("reload"),
      ...sending ? connections.map((connection, i) => echo(world, connection, 1 + 1000 * i)) : [],
      ...clients > 0 && same && isClear(service, clients) ? [arriveTogether(world, service, port, clients)] : [],
    ]))[0];
    assert.equal(outcome, "ok", text.join("\n"));
    model.reload(file);
    // A higher limit counts a moment before the new channels do, and so does a port that comes from another service.
    if (waiting !== undefined) await admit(world, before.get(model.owner(waiting.port)!));
  });
}

/**
 * Whether a client that waits still does after a reload, or it is clear who serves it. On a port that is closed, it is
 * lost or, if an accept that was under way has taken it, is not.
 */
function isCertain({ text: { name, limit } }: ModelService, port: number, file: readonly ServiceText[]): boolean {
  const next = file.find(({ ports }) => ports.includes(port)), same = file.find((text) => text.name === name);
  return next !== undefined && (next === same || same?.limit === limit);
}

async function reloadWithError({ subject, draft }: ServicesWorld): Promise<void> {
  await subject.write(fileOf(draft), "80 127.0.0.1:wrong");
  await refuses(subject, /"wrong"|"127\.0\.0\.1:wrong"/);
}

async function refuses(subject: ServicesSubject, message: RegExp): Promise<void> {
  const { outcome, text } = await subject.control("reload");
  assert.notEqual(outcome, "ok");
  assert.match(text.join("\n"), message);
}
