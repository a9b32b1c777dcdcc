/** What operators do. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { eventually } from "../support/eventually.ts";
import { type AccountChannel, type Reason, strategies } from "./state_account.ts";
import { gone, type StateStep, type StateWorld, step } from "./state_world.ts";

/** Seconds until a client sees that it has been closed. */
const PATIENCE = 20;

const channel = fc.nat(4);

/** All of it. */
export function anyOperatorStep(queue: boolean): fc.Arbitrary<StateStep> {
  const times = (weight: number, arbitrary: fc.Arbitrary<StateStep>) => ({ weight, arbitrary });
  return fc.oneof(
    times(
      4,
      channel.map((which) =>
        onChannel("enable", which, ({ reasons, backend }, world) => {
          reasons.clear();
          // That overrules checks until the next one.
          world.misled ||= !world.subject.backends[backend].isUp;
        })
      ),
    ),
    times(2, keptOut("disable", "operator")),
    times(1, keptOut("disable maint", "maintenance")),
    times(2, keptOut("drain", "drain")),
    times(
      4,
      fc.tuple(channel, fc.constantFrom(0, 1, 1, 2, 3)).map(([which, weight]) =>
        onChannel(`weight ${weight}`, which, (channel) => void (channel.weight = weight))
      ),
    ),
    times(
      4,
      fc.tuple(channel, fc.nat(3)).map(([which, maxc]) =>
        onChannel(`maxc ${maxc}`, which, (channel) => void (channel.maxc = maxc))
      ),
    ),
    times(1, channel.map((which) => onChannel("shut", which, (channel, world) => closes(world, channel, Infinity)))),
    times(
      2,
      fc.tuple(channel, fc.integer({ min: 1, max: 2 })).map(([which, count]) =>
        onChannel(`shut oldest ${count}`, which, (channel, world) => closes(world, channel, count))
      ),
    ),
    times(
      2,
      fc.tuple(fc.nat(1), fc.constantFrom(...strategies(queue))).map(([number, name]) =>
        step(`group ${number} is set to ${name}`, async ({ account, subject }) => {
          await subject.control(`group ${number}`);
          assert.equal((await subject.control(name)).outcome, "ok");
          account.groups[number].strategy = name;
        })
      ),
    ),
    times(
      1,
      fc.nat(5).map((number) =>
        step(`forget 127.0.0.${number + 1}`, async ({ account, subject, setting }) => {
          const address = `127.0.0.${number + 1}`, { outcome } = await subject.control(`forget ${address}`);
          const home = account.homes.get(address);
          // What was removed need not be remembered.
          const may = setting.sticky && home !== undefined,
            must = may && home !== "unknown" && account.channels.includes(home);
          assert.ok(outcome === "ok" ? may : !must, `forget answers ${outcome}`);
          account.homes.delete(address);
        })
      ),
    ),
  );
}

/** A command with a channel, whose place is behind the command's first word; and what it changes. */
function onChannel(
  command: string,
  which: number,
  change: (channel: AccountChannel, world: StateWorld) => Promise<void> | void,
): StateStep {
  const [name, ...rest] = command.split(" ");
  return step(`${command}, channel ${which}`, async (world) => {
    const { account: { groups, channels }, subject } = world, channel = channels[which % channels.length];
    const group = groups.findIndex(({ channels }) => channels.includes(channel));
    await subject.control(`group ${group}`);
    const { text } = await subject.control([name, groups[group].channels.indexOf(channel), ...rest].join(" "));
    assert.doesNotMatch(text.join("\n"), /no such|unknown|syntax/);
    await change(channel, world);
  });
}

function keptOut(command: string, reason: Reason): fc.Arbitrary<StateStep> {
  return channel.map((which) => onChannel(command, which, ({ reasons }) => void reasons.add(reason)));
}

/** So many clients of a channel are closed, those that came first. */
async function closes(world: StateWorld, channel: AccountChannel, count: number): Promise<void> {
  const all = world.guests.filter((guest) => guest.channel === channel),
    closed = () => all.filter(({ ended }) => ended);
  const expected = Math.min(count, all.length);
  await eventually(`${expected} clients are closed`, () => closed().length >= expected, PATIENCE);
  for (const guest of closed()) {
    world.cut++;
    gone(world, guest);
    guest[Symbol.dispose]();
  }
  const left = all.filter((guest) => world.guests.includes(guest)).map(({ since }) => since);
  const last = Math.max(...all.filter((guest) => !world.guests.includes(guest)).map(({ since }) => since));
  assert.ok(left.every((since) => last <= since), "a client is closed before an older one");
}
