import assert from "node:assert/strict";
import fc from "fast-check";
import { eventually } from "../support/eventually.ts";
import { type Account, type AccountChannel, type GroupText, LABELS, type Setting } from "./state_account.ts";
import type { Guest } from "./state_guest.ts";
import type { StateSubject } from "./state_subject.ts";

/** Seconds that anything may take. */
const PATIENCE = 20;

/** Everything that the steps change. */
export interface StateWorld {
  readonly setting: Setting;
  readonly account: Account;
  readonly subject: StateSubject;
  /** What the file will say once it is read again. */
  draft: readonly GroupText[];
  /** Clients that have been served. */
  guests: Guest[];
  /** Clients that wait, the first first. Those that came in one step may be in another order. */
  waiting: Guest[];
  /** Number of the step. */
  now: number;
  /** Whether the program may have taken a dead back end for a live one: who waited and was called for it is turned away. */
  misled: boolean;
  /** Clients whose connections the program has cut, so that others may have come before their back end knew. */
  cut: number;
}

/** What can happen. The numbers choose among what there is; a step that finds nothing does nothing. */
export interface StateStep {
  readonly name: string;
  run(world: StateWorld): Promise<void> | void;
}

/** A step that fast-check shows by its name. */
export function step(name: string, run: StateStep["run"]): StateStep {
  return Object.assign({ name, run }, { [fc.toStringMethod]: () => name });
}

/** A client has been served: notes by which channel, which must be one of these. */
export function served(world: StateWorld, guest: Guest, channels: readonly AccountChannel[]): void {
  const channel = channels.find(({ backend }) => backend === guest.backend);
  const expected = channels.map(({ backend }) => backend).join(", ") || "none";
  assert.ok(channel !== undefined, `a client is served by back end ${guest.backend} instead of ${expected}`);
  assert.ok(channel.room > 0, `back end ${guest.backend} has more clients than its limit`);
  guest.channel = channel;
  guest.since = world.now;
  world.account.arrived(guest.address, channel);
  world.guests.push(guest);
}

/** A client has gone, or has been closed. */
export function gone(world: StateWorld, guest: Guest): void {
  world.guests = world.guests.filter((other) => other !== guest);
  guest.channel!.current--;
}

/** Runs a step and waits until everything is as the account says. */
export async function settle(world: StateWorld, step: StateStep): Promise<void> {
  const { account, subject: { backends } } = world;
  const limits = () => new Map(account.channels.map(({ backend, maxc }) => [backend, maxc === 0 ? Infinity : maxc]));
  const before = limits(), current = new Map(account.channels.map(({ backend, current }) => [backend, current]));
  const open = backends.map(({ open }) => open);
  for (const backend of backends) backend.most = backend.open;
  world.now++;
  world.misled = account.allDown;
  world.cut = 0;
  await step.run(world);
  world.misled ||= account.allDown;
  const after = limits();
  await serveThoseWhoWait(world);
  await agree(world);
  backends.forEach(({ most }, number) => {
    const limit = Math.max(before.get(number) ?? 0, after.get(number) ?? 0);
    // Clients of a channel that a reload has removed stay, whatever the limit of one that it adds.
    const may = Math.max(open[number], open[number] - (current.get(number) ?? 0) + limit) + world.cut;
    assert.ok(most <= may, `back end ${number} has had ${most} clients at a time, not ${may}`);
  });
}

/** Those who wait are served as far as there is room, those first who came first. */
async function serveThoseWhoWait(world: StateWorld): Promise<void> {
  const { account } = world, came = new Map<AccountChannel, number>();
  for (const guest of world.waiting) {
    // Who has not got its own channel when that is taken out of service takes any.
    if (guest.home === undefined) continue;
    const mayUse = account.channelsFor(guest.address).includes(guest.home);
    if (!mayUse || !account.full.includes(guest.home) && !account.takes(guest.home)) guest.home = undefined;
  }
  if (world.misled && world.setting.sticky) { for (const guest of world.waiting) guest.mayHaveHome = true; }
  const wants = ({ home, address }: Guest, channel: AccountChannel) => {
    return home === undefined ? account.channelsFor(address).includes(channel) : home === channel;
  };
  for (;;) {
    const free = account.channels.filter((channel) => account.takes(channel));
    const isCalled = (guest: Guest) => !guest.mayHaveHome && free.some((channel) => wants(guest, channel));
    await eventually("those who wait are served", () => {
      if (world.misled) world.waiting = world.waiting.filter(({ ended }) => !ended);
      return !world.waiting.some(isCalled) || world.waiting.some(({ isAnswered }) => isAnswered);
    }, PATIENCE);
    const guest = world.waiting.find(({ isAnswered }) => isAnswered);
    if (guest === undefined) break;
    assert.ok(guest.backend !== undefined, "a client that waits is turned away");
    world.waiting = world.waiting.filter((other) => other !== guest);
    served(world, guest, free.filter((channel) => wants(guest, channel)));
    came.set(guest.channel!, Math.max(guest.came, came.get(guest.channel!) ?? 0));
  }
  for (const [channel, last] of came) {
    const first = Math.min(
      ...world.waiting.filter((guest) => !guest.mayHaveHome && wants(guest, channel)).map(({ came }) => came),
    );
    assert.ok(last <= first, "a client that came later is served before one that waits");
  }
}

/** Waits until the program and the back ends say what the account says. */
async function agree(world: StateWorld): Promise<void> {
  const { subject } = world, end = performance.now() + PATIENCE * 1000;
  for (;;) {
    const actual = actualOf(world, await subject.state());
    if (world.misled) world.waiting = world.waiting.filter(({ ended }) => !ended);
    if (JSON.stringify(actual) === JSON.stringify(expectedOf(world))) return;
    if (performance.now() > end) assert.deepEqual(actual, expectedOf(world));
  }
}

function expectedOf({ account, subject, guests, waiting }: StateWorld): unknown {
  return {
    connections: guests.length + waiting.length,
    waiting: waiting.length,
    groups: account.groups.map(({ strategy, channels }) => ({
      type: LABELS[strategy],
      channels: channels.map((channel) => ({
        port: subject.backends[channel.backend].port,
        maxc: channel.maxc,
        weight: channel.weight,
        current: channel.current,
        disabledBy: [...account.reasons(channel)].sort(),
      })),
    })),
    open: subject.backends.map((_, number) => guests.filter(({ backend }) => backend === number).length),
  };
}

function actualOf({ subject }: StateWorld, state: Awaited<ReturnType<StateSubject["state"]>>): unknown {
  const [service] = state.services;
  return {
    connections: service.connections,
    waiting: service.queue?.waiting ?? 0,
    groups: service.groups.map(({ type, channels }) => ({
      type,
      channels: channels.map(({ port, maxc, weight, current, disabledBy }) => ({
        port,
        maxc,
        weight,
        current,
        disabledBy: [...disabledBy].sort(),
      })),
    })),
    open: subject.backends.map(({ open }) => open),
  };
}
