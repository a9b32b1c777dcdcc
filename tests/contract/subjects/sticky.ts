import assert from "node:assert/strict";
import { channelId } from "../../../src/table/channel_id.ts";
import { formatClientKey, parseClientKey } from "../../../src/table/sticky/client_key.ts";
import { MAX_LANES } from "../../../src/table/limits.ts";
import { StickyTable } from "../../../src/table/sticky/sticky.ts";
import { DisabledBy } from "../../../src/table/table.ts";
import { strategies } from "../../../src/selection/strategy.ts";
import { SwitchableBackend } from "../../model/switchable_backend.ts";
import { namedBackend } from "../../support/backends.ts";
import { askFrom, ClientFrom } from "../../support/client_from.ts";
import { eventually } from "../../support/eventually.ts";
import { STANDARD } from "../../support/one_service.ts";
import { canListen } from "../../support/requirements.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest, StartTrial } from "../suite.ts";
import type { Trial, TrialSetup } from "../trial.ts";

/** Seconds for which addresses are remembered. The test is the clock. */
const TIME = 60;

/** Seconds that clients wait: that do not pass while a test runs, and that pass soon. */
const LONG = 3600, BRIEF = 0.6;

const unable = Deno.build.os !== "linux" && "only 127.0.0.1 is local here";
const noIPv6 = !canListen("::1") && "no IPv6 here";

const ANNE = "127.0.0.2", BOB = "127.0.0.3";

export function sticky(test: ContractTest): void {
  test("a sticky client gets the channel that it had, while others take their turns", async (start) => {
    await using world = await begin(start);
    const { trial } = world, first = await world.ask(ANNE);
    for (let n = 0; n < 5; n++) {
      for (let other = 10; other < 13; other++) await world.ask(`127.0.${n}.${other}`);
      assert.equal(await world.ask(ANNE), first);
    }
    await trial.idle();
    // 15 others and the first one took turns; those that came back did not.
    assert.deepEqual(world.totals(), [11n, 5n, 5n]);
    world.assertNobodyConnected();
  }, unable);

  test("a sticky client is forgotten once the time is over since its last connection ended", async (start) => {
    await using world = await begin(start);
    {
      await using held = await ClientFrom.connect(ANNE, world.trial.port);
      assert.equal(await held.hear(), "a");
      assert.equal(await world.ask(ANNE), "a");
      world.pass(10 * TIME);
      assert.equal(await world.ask(ANNE), "a", "it is still connected");
    }
    await world.trial.idle();
    world.pass(TIME - 0.01);
    assert.equal(await world.ask(ANNE), "a");
    await world.trial.idle();
    world.pass(TIME);
    assert.equal(await world.ask(ANNE), "b", "the next in turn");
  }, unable);

  for (
    const [what, leave, back] of [
      ["disabled", (trial) => trial.table.disable(0, DisabledBy.OPERATOR), (trial) => trial.table.enable(0, 1)],
      ["drained", (trial) => trial.table.disable(0, DisabledBy.DRAINING), (trial) => trial.table.enable(0, 32)],
      ["down", (trial) => trial.table.disable(0, DisabledBy.DOWN), (trial) => trial.table.enable(0, 128)],
    ] as [string, (trial: Trial) => void, (trial: Trial) => void][]
  ) {
    test(`a sticky client whose channel is ${what} gets another, and stays there`, async (start) => {
      await using world = await begin(start);
      assert.equal(await world.ask(ANNE), "a");
      leave(world.trial);
      assert.equal(await world.ask(ANNE), "b");
      back(world.trial);
      for (let i = 0; i < 3; i++) assert.equal(await world.ask(ANNE), "b");
    }, unable);
  }

  test("a sticky client whose channel is full gets another, and stays there", async (start) => {
    await using world = await begin(start, { maxc: 1 });
    {
      await using held = await ClientFrom.connect(ANNE, world.trial.port);
      assert.equal(await held.hear(), "a");
      assert.equal(await world.ask(ANNE), "b");
    }
    await world.trial.idle();
    assert.equal(await world.ask(ANNE), "b");
    await world.trial.idle();
    world.assertNobodyConnected();
  }, unable);

  test("a sticky client whose channel does not accept gets another, and stays there", async (start) => {
    await using switchable = new SwitchableBackend("S".charCodeAt(0));
    await using other = namedBackend("other");
    const channels = [{ address: { host: "127.0.0.1", port: switchable.port } }, other];
    await using world = await begin(start, {}, { channels });
    assert.equal(await world.ask(ANNE), "S");
    await switchable.down();
    assert.equal(await world.ask(ANNE), "other");
    switchable.up();
    for (let i = 0; i < 3; i++) assert.equal(await world.ask(ANNE), "other");
  }, unable);

  test("a sticky client does not get a new channel in the row of the one that it had", async (start) => {
    await using world = await begin(start);
    const { trial: { table } } = world, [a, b, c] = table.channels(0);
    assert.equal(await world.ask(ANNE), "a");
    await world.trial.idle();
    // Every other row must be used up before the first one is used again.
    table.rearrange(0, [b, c]);
    const dead = { address: { host: "127.0.0.1", port: 1 } };
    for (let i = 0; i < 200 && !table.channels(0).includes(a); i++) table.rearrange(0, [b, c, dead]);
    assert.ok(table.channels(0).includes(a), "the row is used again");
    table.moveCursor(0, table.cursor(0), 0);
    assert.equal(await world.ask(ANNE), "b", "the first in turn");
    assert.equal(table.counters(a).total, 0n);
  }, unable);

  test("a sticky client stays with the channel of another group that it had to go to", async (start) => {
    await using usual = namedBackend("usual");
    await using reserve = namedBackend("reserve");
    await using world = await begin(start, {}, { groups: [{ channels: [usual] }, { channels: [reserve] }] });
    world.trial.table.disable(0, DisabledBy.OPERATOR);
    assert.equal(await world.ask(ANNE), "reserve");
    world.trial.table.enable(0, DisabledBy.OPERATOR);
    assert.equal(await world.ask(ANNE), "reserve");
    assert.equal(await world.ask(BOB), "usual");
    assert.equal(world.entryOf(ANNE)!.channel, channelId(1, 0));
  }, unable);

  for (const { name: strategy } of strategies) {
    test(`a sticky client comes back under the strategy ${strategy}, whatever the others do`, async (start) => {
      await using world = await begin(start, {}, { strategy });
      const { trial: { table } } = world, all = Array.from({ length: 12 }, (_, n) => `127.0.1.${n + 1}`);
      table.channels(0).forEach((id, number) => table.setIdentity(id, number + 1));
      const before = await inTurn(all, (from) => world.ask(from));
      await using others = new AsyncDisposableStack();
      const hold = async (from: string) => {
        const client = others.use(await ClientFrom.connect(from, world.trial.port));
        return await client.hear();
      };
      // So that every strategy has reason to choose otherwise: another order, another load on each.
      const [a, b, c] = table.rearrange(0, table.channels(0).toReversed());
      for (let n = 1; n < 6; n++) await hold(`127.0.2.${n}`);
      for (const [id, weight] of [[a, 1], [b, 5], [c, 9]]) table.setWeight(id, weight);
      // All of them at the same time, so that they meet several threads.
      const after = await Promise.all(all.map((from) => Promise.all([1, 2, 3].map(() => world.ask(from)))));
      assert.deepEqual(after, before.map((channel) => [channel, channel, channel]));
    }, unable);
  }

  test("a sticky client waits in the queue for its own channel, in order, and gets it", async (start) => {
    await using world = await begin(start, { maxc: 1 }, { queue: LONG });
    const { trial } = world, { queue } = trial.table;
    const waits = (count: number) => eventually("they wait", () => queue!.waiting === count);
    await using held = new AsyncDisposableStack();
    const anne = held.use(await ClientFrom.connect(ANNE, trial.port));
    assert.equal(await anne.hear(), "a");
    const again = held.use(await ClientFrom.connect(ANNE, trial.port));
    await waits(1);
    // Others go where there is room, until none is left.
    const bob = held.use(await ClientFrom.connect(BOB, trial.port));
    assert.equal(await bob.hear(), "b");
    const carl = held.use(await ClientFrom.connect("127.0.0.4", trial.port));
    assert.equal(await carl.hear(), "c");
    const dora = held.use(await ClientFrom.connect("127.0.0.5", trial.port));
    await waits(2);
    await anne[Symbol.asyncDispose]();
    assert.equal(await again.hear(), "a");
    await bob[Symbol.asyncDispose]();
    assert.equal(await dora.hear(), "b");
    assert.deepEqual([queue!.counts().waited, queue!.waiting], [2, 0]);
  }, unable);

  test("a sticky client that has waited for half the time takes another channel, and stays there", async (start) => {
    await using world = await begin(start, { maxc: 1 }, { queue: BRIEF });
    const { trial } = world;
    {
      await using anne = await ClientFrom.connect(ANNE, trial.port);
      assert.equal(await anne.hear(), "a");
      assert.equal(await world.ask(ANNE), "b");
      assert.deepEqual(trial.table.queue!.counts().waited, 1);
      // As soon as it has left, there is room again.
      await eventually("it has left", () => trial.table.current(1) === 0);
    }
    await trial.idle();
    assert.equal(await world.ask(ANNE), "b");
    await trial.idle();
    world.assertNobodyConnected();
  }, unable);

  for (
    const [what, leave] of [
      ["disabled", (table) => table.disable(0, DisabledBy.OPERATOR)],
      ["down", (table) => table.disable(0, DisabledBy.DOWN)],
      ["removed", (table) => table.rearrange(0, table.channels(0).slice(1))],
    ] as [string, (table: Trial["table"]) => void][]
  ) {
    test(`a sticky client that waits for its channel takes another at once when that is ${what}`, async (start) => {
      await using world = await begin(start, { maxc: 1 }, { queue: LONG });
      const { table, port } = world.trial;
      await using held = await ClientFrom.connect(ANNE, port);
      assert.equal(await held.hear(), "a");
      const next = world.ask(ANNE);
      await eventually("it waits", () => table.queue!.waiting === 1);
      leave(table);
      assert.equal(await next, "b");
    }, unable);
  }

  test("with -H, a sticky client does not wait for its channel", async (start) => {
    await using world = await begin(start, { maxc: 1 }, { queue: LONG, hashFailover: true });
    await using held = await ClientFrom.connect(ANNE, world.trial.port);
    assert.equal(await held.hear(), "a");
    assert.equal(await world.ask(ANNE), "b");
    assert.equal(world.trial.table.queue!.counts().waited, 0);
  }, unable);

  test("a sticky client gets its own channel when all that is left is down", async (start) => {
    await using world = await begin(start);
    const { trial: { table } } = world, all = [2, 3, 4, 5, 6, 7].map((n) => `127.0.0.${n}`);
    const before = await inTurn(all, (from) => world.ask(from));
    for (const id of table.channels(0)) table.disable(id, DisabledBy.DOWN);
    assert.deepEqual(await inTurn(all.toReversed(), (from) => world.ask(from)), before.toReversed());
  }, unable);

  test("a sticky client in a group that hashes keeps its channel when the group changes", async (start) => {
    await using world = await begin(start, {}, { strategy: "hash" });
    const { trial: { table } } = world, all = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => `127.0.0.${n}`);
    const before = await inTurn(all, (from) => world.ask(from));
    const [a, b, c] = table.channels(0);
    table.rearrange(0, [c, b, a]);
    assert.deepEqual(await inTurn(all, (from) => world.ask(from)), before);
    await world.trial.idle();
    world.pass(TIME);
    assert.notDeepEqual(await inTurn(all, (from) => world.ask(from)), before);
  }, unable);

  test("connections of sticky clients are counted, however they end", async (start) => {
    await using world = await begin(start);
    const { trial } = world;
    const resetting = await ResettingClient.connect(trial.port, { from: ANNE });
    await eventually("it is counted", () => world.entryOf(ANNE)?.connections === 1);
    {
      await using one = await ClientFrom.connect(ANNE, trial.port);
      await using two = await ClientFrom.connect(BOB, trial.port);
      await Promise.all([one.hear(), two.hear()]);
      assert.deepEqual([world.entryOf(ANNE)!.connections, world.entryOf(BOB)!.connections], [2, 1]);
      resetting.reset();
      await eventually("it is not counted any more", () => world.entryOf(ANNE)!.connections === 1);
      world.pass(1);
    }
    await trial.idle();
    world.assertNobodyConnected();
    assert.deepEqual([world.entryOf(ANNE)!.idle, world.entryOf(BOB)!.idle], [0, 0]);
  }, unable);

  test("more sticky clients than the table has room for are still served", async (start) => {
    await using world = await begin(start, { size: 8 });
    const held: ClientFrom[] = [];
    for (let n = 2; n < 30; n++) held.push(await ClientFrom.connect(`127.0.0.${n}`, world.trial.port));
    for (const client of held) assert.match(await client.hear(), /^[abc]$/);
    assert.equal(world.entries().length, 8);
    const before = new Map(world.entries().map((entry) => [formatClientKey(entry), "abc"[entry.channel]]));
    for (const [from, channel] of before) assert.equal(await world.ask(from), channel);
    for (const client of held) await client[Symbol.asyncDispose]();
    await world.trial.idle();
    assert.equal(world.entries().length, 8);
    world.assertNobodyConnected();
  }, unable);

  test("a service becomes sticky, changes its time, and stops being sticky while it serves", async (start) => {
    await using world = await begin(start);
    const { trial } = world, { service } = trial.engine;
    const settings = (seconds: number, memory = world.memory) => ({ ...STANDARD, ...stickyFor(memory, seconds) });
    {
      await using held = await ClientFrom.connect(ANNE, trial.port);
      assert.equal(await held.hear(), "a");
      await service.change(settings(2 * TIME));
      // Not begun under these settings, but in the same memory.
      assert.equal(await world.ask(ANNE), "a");
    }
    await trial.idle();
    world.pass(1.5 * TIME);
    assert.equal(await world.ask(ANNE), "a");
    const later = StickyTable.create(64, MAX_LANES);
    await service.change(settings(TIME, later));
    assert.equal(await world.ask(ANNE), "b", "another memory knows nobody");
    assert.equal(await world.ask(ANNE), "b");
    await service.change(STANDARD);
    assert.deepEqual(await inTurn([ANNE, ANNE, ANNE], (from) => world.ask(from)), ["c", "a", "b"]);
    await trial.idle();
    world.assertNobodyConnected();
    later.forEach(TIME, ({ connections }) => assert.equal(connections, 0));
  }, unable);

  test("an IPv6 client comes back, and its whole /64 with it", async (start) => {
    await using world = await begin(start, {}, { hostname: "::1" });
    const first = await world.ask("::1", "::1");
    assert.equal(await world.ask("::1", "::1"), first);
    assert.deepEqual(world.entries().map(formatClientKey), ["::/64"]);
  }, noIPv6);
}

function stickyFor(memory: StickyTable, seconds = TIME) {
  return { sticky: seconds, stickyMemory: memory.buffer };
}

/** A sticky service before three back ends, a, b and c, or other channels. */
async function begin(
  start: StartTrial,
  { size = 1024, maxc = 0 } = {},
  { strategy = "rr", ...setup }: TrialSetup & { strategy?: string } = {},
): Promise<StickyWorld> {
  const memory = StickyTable.create(size, MAX_LANES);
  const backends = setup.channels || setup.groups ? [] : ["a", "b", "c"].map((name) => namedBackend(name));
  const channels = backends.map(({ address }) => ({ address, maxc }));
  const groups = backends.length > 0 ? { groups: [{ strategy, channels }] } : {};
  const trial = await start({ ...groups, ...setup, ...stickyFor(memory) });
  return new StickyWorld(trial, memory, backends);
}

class StickyWorld implements AsyncDisposable {
  readonly trial: Trial;
  readonly memory: StickyTable;
  readonly #backends: readonly AsyncDisposable[];
  #now = 1000;

  constructor(trial: Trial, memory: StickyTable, backends: readonly AsyncDisposable[]) {
    this.trial = trial;
    this.memory = memory;
    this.#backends = backends;
    this.pass(0);
  }

  ask(from: string, host?: string): Promise<string> {
    return askFrom(from, this.trial.port, host);
  }

  /** So many seconds go by. */
  pass(seconds: number): void {
    this.memory.tick(this.#now += seconds);
  }

  totals(): bigint[] {
    return this.trial.table.channels(0).map((id) => this.trial.counters(id).total);
  }

  entries() {
    const found: Parameters<Parameters<StickyTable["forEach"]>[1]>[0][] = [];
    this.memory.forEach(TIME, (entry) => found.push(entry));
    return found;
  }

  entryOf(address: string) {
    return this.memory.get(parseClientKey(address)!, TIME);
  }

  /** Checks that no address has connections, whether it is remembered or not. */
  assertNobodyConnected(): void {
    for (const entry of this.entries()) assert.equal(entry.connections, 0, formatClientKey(entry));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trial[Symbol.asyncDispose]();
    for (const backend of this.#backends) await backend[Symbol.asyncDispose]();
  }
}

async function inTurn(all: readonly string[], ask: (from: string) => Promise<string>): Promise<string[]> {
  const heard: string[] = [];
  for (const from of all) heard.push(await ask(from));
  return heard;
}
