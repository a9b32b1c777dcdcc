/** Clients of many services, and what the model says becomes of them. */
import assert from "node:assert/strict";
import type { Client } from "../support/client.ts";
import { within } from "../support/eventually.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import type { ModelChannel } from "./group_model.ts";
import type { ModelConnection, ModelService } from "./services_model.ts";
import type { ServicesSubject } from "./services_subject.ts";
import type { ServicesWorld } from "./services_world.ts";

/** Seconds that anything on loopback may take. */
const PATIENCE = 20;

/** A client comes; it reaches a back end that the model allows, waits, is turned away or refused. */
export async function connect(world: ServicesWorld, port: number): Promise<void> {
  const { model, subject } = world, service = model.owner(port);
  if (service === undefined) {
    await assert.rejects(subject.connect(port), { code: "ECONNREFUSED" });
    return;
  }
  if (service.full) {
    if (world.waiting === undefined) world.waiting = { client: await subject.connect(port), port };
    return;
  }
  await arrives(world, service, await subject.connect(port));
}

/**
 * A client that has connected is served, or turned away.
 *
 * @param earlier channels that it may have got before the reload that has just been made
 */
async function arrives(
  { model, subject }: ServicesWorld,
  service: ModelService,
  client: Client,
  earlier?: readonly ModelChannel[],
): Promise<void> {
  const now = service.choices(), choices = [...new Set([...now, ...earlier ?? []])];
  const first = await within(PATIENCE, "wait to be served or turned away", client.readText());
  if (earlier !== undefined) forgetTurns(service);
  if (first === null) {
    client[Symbol.dispose]();
    assert.ok(now.length === 0 || earlier?.length === 0, "a client is turned away");
    return;
  }
  const backend = first.charCodeAt(0);
  let found = choices.filter((channel) => channel.backend === backend);
  if (found.length > 1) {
    const totals = await totalsOf(subject, service), counted = found.filter((one) => totals.get(one)! > one.total);
    found = counted.length > 0 ? counted : found.filter((channel) => !service.channels.includes(channel));
  }
  assert.equal(found.length, 1, `back end ${backend} answers`);
  subject.clients.set(model.arrived(service, found[0]), client);
}

/** It is not known whose turn it is. */
function forgetTurns({ groups }: ModelService): void {
  for (const group of groups) if (group.strategy === "rr" && group.channels.length > 0) group.turn = undefined;
}

/** What `show json` says of the totals of a service's channels. */
async function totalsOf(
  subject: ServicesSubject,
  { text, channels }: ModelService,
): Promise<Map<ModelChannel, number>> {
  const { services } = await subject.state(), { groups } = services.find(({ name }) => name === text.name)!;
  const totals = groups.flatMap(({ channels }) => channels.map(({ total }) => total));
  return new Map(channels.map((channel, i) => [channel, totals[i]]));
}

/** Whether it will be clear which channels so many clients at the same time have got. */
export function isClear({ text: { limit }, connections, channels }: ModelService, clients: number): boolean {
  const backends = channels.filter(({ usable }) => usable).map(({ backend }) => backend);
  return (limit === undefined || connections + clients <= limit) && new Set(backends).size === backends.length;
}

/** Several clients come at the same time; as many are served as there is room for. */
export async function arriveTogether(
  { model, subject }: ServicesWorld,
  service: ModelService,
  port: number,
  count: number,
): Promise<void> {
  const places = service.groups.map(({ room }) => room), usable = service.channels.filter(({ usable }) => usable);
  const arrivals = await Promise.all(Array.from({ length: count }, async () => {
    const client = await subject.connect(port);
    const first = await within(PATIENCE, "wait for the back end's number", client.readText());
    if (first === null) client[Symbol.dispose]();
    return { client, backend: first?.charCodeAt(0) };
  }));
  const served = arrivals.filter(({ backend }) => backend !== undefined);
  assert.equal(served.length, Math.min(count, places[0] + places[1]), `of ${count} clients are served`);
  let inFirst = 0;
  for (const { client, backend } of served) {
    const channel = usable.find((channel) => channel.backend === backend);
    assert.ok(channel?.usable, `back end ${backend} answers`);
    if (service.groups[0].channels.includes(channel)) inFirst++;
    subject.clients.set(model.arrived(service, channel), client);
  }
  assert.equal(inFirst, Math.min(count, places[0]), "in the first group");
  forgetTurns(service);
}

/** A client sends so many bytes and gets them back. */
export async function echo({ subject }: ServicesWorld, connection: ModelConnection, bytes: number): Promise<void> {
  const client = subject.clients.get(connection)!, data = pattern(bytes, bytes + 1);
  const both = Promise.all([client.readExactly(bytes), client.send(data)]);
  const [back] = await within(PATIENCE, "wait for the echo", both);
  assert.deepEqual(digestOf(back), digestOf(data), "the echo differs");
  connection.channel.sent += bytes;
  connection.channel.rcvd += bytes;
}

/** A client leaves. @param ends whether it ends its side first, and reads to the end */
export async function leave(
  { model, subject }: ServicesWorld,
  connection: ModelConnection,
  ends: boolean,
): Promise<void> {
  const client = subject.clients.get(connection)!;
  if (ends) {
    await client.finish();
    assert.equal((await within(PATIENCE, "wait for the end", client.readToEnd())).length, 0);
  }
  client[Symbol.dispose]();
  subject.clients.delete(connection);
  model.closed(connection);
}

/**
 * The client that waits is served as soon as there is a place, by the service that has its port then.
 *
 * @param earlier channels that it may have got before the reload that has just been made
 */
export async function admit(world: ServicesWorld, earlier?: readonly ModelChannel[]): Promise<void> {
  const { waiting, model } = world, service = waiting && model.owner(waiting.port);
  if (waiting === undefined || service === undefined || service.full) return;
  world.waiting = undefined;
  await arrives(world, service, waiting.client, earlier);
}
