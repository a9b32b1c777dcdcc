/** What is explained, compared with what then happens: the same state, and a client that really comes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CLIENTS } from "../../../tests/fuzz/clients.ts";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { type ChannelId, groupOf, NONE } from "../../table/channel_id.ts";
import { clockOf } from "../../table/clock.ts";
import { Queue } from "../../table/queue/queue.ts";
import { StickyTable } from "../../table/sticky/sticky.ts";
import { StickyLane } from "../../table/sticky/sticky_lane.ts";
import { highWord, lowWord } from "../../table/sticky/client_key.ts";
import { DisabledBy, Table } from "../../table/table.ts";
import type { Condition } from "../conditions.ts";
import { channelIdentity } from "../identity.ts";
import { Resting } from "../resting.ts";
import { Selection } from "../selection.ts";
import type { SelectionOptions } from "../selection_options.ts";
import { type Client, strategies } from "../strategy.ts";
import { explain } from "./explain.ts";
import type { ExplainedChannel, Explanation } from "./explanation.ts";

/** Seconds for which channels rest, and for which clients are remembered. */
const REST = 10, REMEMBERED = 60;

/** When the client comes, in milliseconds. */
const NOW = 1e6;

const CONDITIONS = new Map<number, Condition>([
  [1, { port: [{ first: 80, last: 80 }] }],
  [2, { sni: ["a.example"] }],
  [3, { protocol: ["ssh", "none"], port: [{ first: 81, last: 90 }] }],
]);

/** Everybody who can disable a channel, alone and together with others. */
const PARTIES = [
  ...Object.values(DisabledBy).filter((by) => by !== DisabledBy.REMOVED && by !== DisabledBy.WEIGHT),
  DisabledBy.DOWN | DisabledBy.OPERATOR,
  DisabledBy.DRAINING | DisabledBy.UNRESOLVED,
];

const channels = fc.record({
  weight: fc.constantFrom(1, 1, 1, 2, 5, 0),
  disabledBy: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(...PARTIES)),
  maxc: fc.constantFrom(0, 0, 1, 2),
  current: fc.nat(2),
  /** Seconds since it failed; 0 for one that works. */
  failed: fc.constantFrom(0, 0, 0, 3, 12),
  checked: fc.constantFrom(false, false, true),
  share: fc.constantFrom(1, 1, 0.1, 0.5),
  /** Whether clients who came earlier want just this one. */
  wanted: fc.constantFrom(false, false, false, true),
});

const setups = fc.record({
  groups: fc.array(
    fc.record({
      strategy: fc.nat(strategies.length - 1),
      condition: fc.constantFrom(0, 0, 0, 1, 2, 3),
      cursor: fc.nat(9),
      /** Turns that channels have been asked to take, so that some take the next one. */
      asked: fc.nat(3),
      channels: fc.array(channels, { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  hashFailover: fc.boolean(),
  failTimeout: fc.constantFrom(0, REST),
  slowStart: fc.constantFrom(0, 30),
  queue: fc.constantFrom(0, 0, 5),
  queueLimit: fc.constantFrom(1, 2, 100),
  /** Clients that wait for any channel. */
  waiting: fc.nat(2),
  /** Which channel the client had before, if any. */
  sticky: fc.option(fc.nat(30)),
  client: fc.nat(CLIENTS.length - 1),
  localPort: fc.constantFrom(80, 85, 443),
  says: fc.constantFrom(undefined, "a.example", "b.example", "ssh"),
  /** The order of the first group's channels is changed. */
  shuffled: fc.boolean(),
});

type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never;

/** The state of a service just before the client comes. */
function stateOf(setup: Setup) {
  const table = Table.create(2), ids: ChannelId[] = [];
  const resting = (age: number) => new Resting(table, REST, () => NOW - age * 1000);
  setup.groups.forEach(({ channels, ...its }, group) => {
    table.setStrategy(group, its.strategy);
    for (const [i, { weight, share }] of channels.entries()) {
      const host = "127.0.0.1", port = 1000 * group + i + 1, id = table.addChannel(group, { host, port })!;
      if (weight !== 1) table.setWeight(id, weight);
      if (share !== 1) table.setShare(id, share);
      table.setIdentity(id, channelIdentity(host, port));
      for (let n = 0; n < its.asked; n++) table.takesTurn(id);
      ids.push(id);
    }
    if (setup.shuffled && group === 0) table.rearrange(group, table.channels(group).toReversed());
    table.setCondition(group, its.condition);
    if (channels.length > 0) table.moveCursor(group, table.cursor(group), its.cursor % table.turns(group));
  });
  const all = setup.groups.flatMap(({ channels }) => channels);
  all.forEach(({ disabledBy, maxc, current, failed, checked }, i) => {
    const id = ids[i];
    for (let n = 0; n < current; n++) table.reserve(id, -1);
    table.setMaxc(id, maxc);
    if (disabledBy !== 0) table.disable(id, disabledBy);
    table.setChecked(id, checked);
    if (failed === 0) return;
    resting(failed).failed(id);
    table.setFailing(id, true, table.addressSequence(id));
  });
  const { queue: seconds, queueLimit, waiting } = setup;
  const queue = seconds === 0 ? undefined : Queue.attach(Queue.memory(), table, 0, () => {});
  const join = (key: number, groups: number, id?: ChannelId) => {
    const own = new Uint8Array(32);
    if (id !== undefined) own[groupOf(id)] = id % 128 + 1;
    queue?.join(key, { groups, own, wary: false }, 100);
  };
  all.forEach(({ wanted }, i) => wanted && join(100 + i, 0, ids[i]));
  for (let i = 0; i < waiting; i++) join(1 + i, -1);
  const memory = StickyTable.create(64, 2), address = CLIENTS[setup.client].address;
  memory.tick(NOW / 1000);
  if (setup.sticky !== null && ids.length > 0) {
    const id = ids[setup.sticky % ids.length], lane = new StickyLane(memory.buffer, 1, REMEMBERED);
    lane.end(lane.begin(address, id, table.incarnation(id)));
  }
  const client: Client = { ...CLIENTS[setup.client], localPort: setup.localPort, greeting: greetingOf(setup.says) };
  const options: SelectionOptions = {
    ...{ autodisable: true, trace: false, hashFailover: setup.hashFailover, failTimeout: setup.failTimeout },
    ...{ slowStart: setup.slowStart, queue: seconds, queueLimit },
    sticky: setup.sticky === null ? 0 : REMEMBERED,
    stickyMemory: memory.buffer,
    random: () => 0.5,
    conditions: setup.groups.some(({ condition }) => condition > 0) ? CONDITIONS : undefined,
  };
  return { table, queue, memory, client, options };
}

function greetingOf(says: string | undefined): Client["greeting"] {
  if (says === undefined) return undefined;
  return { protocol: says === "ssh" ? "ssh" : "tls", serverName: says === "ssh" ? "" : says, alpn: [] };
}

/**
 * What becomes of a client that comes, and to whom no channel answers. Where others wait, a failure would change what
 * they want; so the channels are only withdrawn then.
 */
function happens(selection: Selection, client: Client): Pick<Explanation, "then"> & { readonly tried: ChannelId[] } {
  const attempt = selection.begin(client), tried: ChannelId[] = [];
  for (let id = attempt.choose(); id !== NONE; id = attempt.choose()) {
    tried.push(id);
    if (selection.table.queue === undefined) attempt.failed("channel", "no answer");
    else attempt.withdrawn();
  }
  const takes = selection.takes(client), { full } = attempt, waits = takes && full && attempt.wait(1);
  attempt.abandon();
  return { tried, then: !takes ? "no-route" : waits ? "waits" : full ? "full" : "none" };
}

/** Why a channel would not be tried. */
function isExplained(
  { disabledBy, isFull, isClaimed, rests }: ExplainedChannel,
  { usable, owned }: Explanation["groups"][number],
  { home }: Explanation,
): boolean {
  return !usable || owned || disabledBy !== 0 || isFull || isClaimed || rests > 0 || home !== undefined;
}

Deno.test("what is explained is what then happens, in another thread too, and explaining changes nothing", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(setups, (setup) => {
      const { table, queue, memory, client, options } = stateOf(setup), { address } = client;
      const shared = [table.buffer, queue?.buffer, memory.buffer].filter((buffer) => buffer !== undefined);
      const before = shared.map((buffer) => new Int32Array(buffer).slice());
      const copied = memory.copyFor({ high: highWord(address), low: lowWord(address) });
      const told = explain(table, { ...options, stickyMemory: copied }, client, NOW);
      shared.forEach((buffer, i) => assert.deepEqual(new Int32Array(buffer), before[i]));
      const elsewhere = Table.attach(table.buffer);
      if (queue !== undefined) Queue.attach(queue.buffer, elsewhere, 1, () => {});
      const { tried, then } = happens(
        new Selection(elsewhere, elsewhere.lane(1), options, () => {}, clockOf(() => NOW)),
        client,
      );
      assert.equal(told.then, then);
      assert.equal(told.outcome, tried.length > 0 ? "channel" : then);
      compareOrder(told, tried);
      for (const group of told.groups) {
        for (const channel of group.channels) {
          const isTried = tried.includes(channel.id);
          assert.ok(isTried || isExplained(channel, group, told), `channel ${channel.id} is left out without a reason`);
        }
      }
      seen.add(told.outcome).add(told.then);
      for (const { need, before } of told.attempts) seen.add(need).add(before ? "before" : "new");
      if (told.home !== undefined) seen.add("home");
    }),
    parameters(1500),
  );
  // The states are so different that each outcome is among them.
  const outcomes = ["channel", "waits", "full", "none", "no-route", "all", "rests", "down", "before", "new", "home"];
  assert.deepEqual(outcomes.filter((outcome) => !seen.has(outcome)), []);
});

/** Where chance decides, channels that follow each other may be in another order. */
function compareOrder({ attempts, groups }: Explanation, tried: readonly ChannelId[]): void {
  const drawn = new Set(groups.filter(({ chance }) => chance).map(({ group }) => group));
  const chances = new Map(groups.flatMap(({ channels }) => channels.map(({ id, chance }) => [id, chance] as const)));
  const order = (ids: readonly ChannelId[]) => {
    const runs: ChannelId[][] = [];
    for (const id of ids) {
      const last = runs.at(-1);
      const goesOn = last !== undefined && drawn.has(groupOf(id)) && groupOf(last[0]) === groupOf(id);
      if (goesOn) last.push(id);
      else runs.push([id]);
    }
    return runs.map((run) => run.toSorted((a, b) => a - b));
  };
  assert.deepEqual(order(attempts.map(({ channel }) => channel)), order(tried));
  const [first] = tried, [told] = attempts;
  if (first === undefined || told.before || !drawn.has(groupOf(first))) return;
  assert.ok(chances.get(first)! > 0, "the channel that is drawn has a chance");
  assert.ok(chances.get(told.channel)! >= chances.get(first)!, "the likeliest comes first");
}
