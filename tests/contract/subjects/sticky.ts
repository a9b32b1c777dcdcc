import assert from "node:assert/strict";
import { channelId } from "../../../src/table/channel_id.ts";
import { formatClientKey, parseClientKey } from "../../../src/table/client_key.ts";
import { MAX_LANES } from "../../../src/table/limits.ts";
import { StickyTable } from "../../../src/table/sticky.ts";
import { DisabledBy } from "../../../src/table/table.ts";
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

  test("more sticky clients than the table has room for are served all the same", async (start) => {
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

  test("a service becomes sticky, changes its time, and is sticky no more, while it serves", async (start) => {
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
  { strategy = "rr", ...setup }: TrialSetup & { strategy?: "rr" | "hash" } = {},
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
