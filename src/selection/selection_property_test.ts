import assert from "node:assert/strict";
import fc from "fast-check";
import { CLIENTS } from "../../tests/fuzz/clients.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { type ChannelId, channelId, groupOf, NONE, rowOf } from "../table/channel_id.ts";
import { clockOf } from "../table/clock.ts";
import { smoothSchedule } from "../table/smooth_schedule.ts";
import { DisabledBy, Table } from "../table/table.ts";
import type { Attempt } from "./attempt.ts";
import type { Cause } from "./cause.ts";
import { Selection } from "./selection.ts";
import type { Client } from "./strategy.ts";
import { hashAddress, preference } from "./strategies/hash.ts";

interface ChannelSetup {
  readonly weight: number;
  readonly up: boolean;
  readonly disabled: boolean;
  readonly maxc: number;
}

interface Setup {
  readonly groups: readonly {
    readonly hash: boolean;
    /** The port of the clients that it is for, 0 for all. */
    readonly port: number;
    readonly channels: readonly ChannelSetup[];
  }[];
  readonly hashFailover: boolean;
  readonly autodisable: boolean;
  /** Seconds; if not 0, there is one lane only, so that every cool-down is known. */
  readonly failTimeout: number;
  readonly lanes: number;
}

/** One thing that happens; `which` picks among the attempts, connections or channels that there are. */
interface Step {
  readonly do:
    | "begin"
    | "advance"
    | "no port"
    | "no descriptor"
    | "abandon"
    | "close"
    | "flip"
    | "disable"
    | "enable"
    | "limit"
    | "assign"
    | "route"
    | "tick";
  readonly which: number;
  readonly value: number;
}

/** The conditions of groups, by the ports that clients came to. */
const CONDITIONS = new Map([1, 2].map((port) => [port, { port: [{ first: port, last: port }] }]));

/** A client that looks for a channel. */
interface Seeker {
  readonly attempt: Attempt;
  readonly client: Client;
  readonly lane: number;
  /** Channels tried since it began or was retried, in order. */
  tried: ChannelId[];
  /** Channels that it has seen fail. */
  readonly failed: ChannelId[];
  /** Whether a shortage on this machine keeps it from trying other channels. */
  over: boolean;
  /** Whether it has met a channel that it would have tried if not for its limit. */
  full: boolean;
  /** Whether groups have become others' since; it may then have met full channels of groups that are not for it. */
  rerouted: boolean;
  /** Whether it has skipped a channel that rests. */
  skipped: boolean;
  /** Whether only such channels are left. */
  desperate: boolean;
  /** The group that it has reached. */
  group: number;
  /** The channel that it waits for, or NONE. */
  channel: ChannelId;
  /** How often that had been given an address when it was chosen. */
  version: number;
  /** If it was failing then: number of this trial, and when the one before was. */
  trial: { readonly number: number; readonly before: number } | undefined;
}

/** Selections on one table, driven step by step and compared with a plain description of what they must do. */
class Simulation {
  readonly #setup: Setup;
  readonly #table: Table;
  readonly #selections: readonly Selection[];
  readonly #ids: ChannelId[] = [];
  readonly #up = new Map<ChannelId, boolean>();
  /** How often each channel's address has changed. */
  readonly #versions = new Map<ChannelId, number>();
  readonly #holders = new Map<ChannelId, number>();
  readonly #totals = new Map<ChannelId, { total: bigint; failed: bigint }>();
  /** When each channel that is failing was tried last. */
  readonly #trials = new Map<ChannelId, number>();
  readonly #trialNumbers = new Map<ChannelId, number>();
  /** Numbers of the channels of each group in their turns, and whose turn it is. */
  readonly #turns: number[][];
  readonly #cursors: number[];
  /** The port of the clients that each group is for. */
  readonly #ports: number[];
  /** Seconds. */
  #now = 0;
  readonly #seekers: Seeker[] = [];
  readonly #connected: { readonly id: ChannelId; readonly lane: number }[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
    const table = this.#table = Table.create(setup.lanes);
    this.#turns = setup.groups.map(({ channels }) => [
      ...smoothSchedule(channels.map(({ weight }) => weight)) ?? channels.keys(),
    ]);
    this.#ports = setup.groups.map(({ port }) => port);
    const conditions = this.#ports.some((port) => port > 0) ? CONDITIONS : undefined;
    setup.groups.forEach(({ hash, channels, port }, group) => {
      table.setStrategy(group, hash ? 1 : 0);
      table.setCondition(group, port);
      for (const { up, disabled, maxc, weight } of channels) {
        const by = disabled ? DisabledBy.OPERATOR : 0;
        const id = table.addChannel(group, { host: "127.0.0.1", port: 1 }, maxc, by)!;
        table.setWeight(id, weight);
        this.#ids.push(id);
        this.#up.set(id, up);
        this.#versions.set(id, 0);
        this.#holders.set(id, 0);
        this.#totals.set(id, { total: 0n, failed: 0n });
      }
    });
    // While weights were set, the rotation has stayed with the first channel.
    this.#cursors = setup.groups.map((_, group) => table.cursor(group));
    this.#selections = Array.from(
      { length: setup.lanes },
      (_, lane) => {
        const options = { ...setup, conditions, trace: false };
        return new Selection(table, table.lane(lane), options, () => {}, clockOf(() => this.#now * 1000));
      },
    );
  }

  step({ do: action, which, value }: Step): void {
    const { lanes } = this.#setup, id = this.#ids[which % this.#ids.length];
    const seeker = this.#seekers[which % this.#seekers.length];
    if (action === "begin") {
      const client = { ...CLIENTS[value % CLIENTS.length], localPort: 1 + value % 3 }, lane = which % lanes;
      const attempt = this.#selections[lane].begin(client);
      this.#seekers.push({
        attempt,
        client,
        lane,
        tried: [],
        failed: [],
        over: false,
        full: false,
        rerouted: false,
        skipped: false,
        desperate: false,
        group: 0,
        channel: NONE,
        version: 0,
        trial: undefined,
      });
    } else if (action === "flip") this.#up.set(id, !this.#up.get(id));
    else if (action === "disable") this.#table.disable(id, DisabledBy.OPERATOR);
    else if (action === "enable") this.#table.enable(id, DisabledBy.OPERATOR | DisabledBy.MACHINE);
    else if (action === "limit") this.#table.setMaxc(id, value % 4);
    else if (action === "assign") this.#assign(id, which % 65535 + 1, value % 2 === 0);
    else if (action === "route") this.#route(which % this.#ports.length, value % 3);
    else if (action === "tick") this.#now += value;
    else if (action === "close") this.#close(which);
    else if (seeker === undefined) return;
    else if (action === "abandon") this.#abandon(seeker);
    else if (seeker.channel === NONE) this.#choose(seeker);
    else if (action === "no port") this.#fail(seeker, "ports");
    else if (action === "no descriptor") this.#fail(seeker, "machine");
    else if (this.#up.get(seeker.channel)) this.#connect(seeker);
    else this.#fail(seeker, "channel");
    this.#check();
  }

  /** Lets every client go and checks that nothing is left behind. */
  end(): void {
    while (this.#seekers.length > 0) this.#abandon(this.#seekers[0]);
    while (this.#connected.length > 0) this.#close(0);
    this.#check();
    for (const id of this.#ids) assert.equal(this.#table.current(id), 0);
    for (let lane = 0; lane < this.#setup.lanes; lane++) {
      this.#table.lane(lane).abandon((id) => assert.fail(`lane ${lane} still holds channel ${id}`));
    }
  }

  #choose(seeker: Seeker): void {
    const expected = this.#expected(seeker), id = seeker.attempt.choose();
    assert.equal(id, expected);
    if (id === NONE) {
      const { shortage, full } = seeker.attempt;
      if (!seeker.rerouted) assert.equal(full, seeker.full, "full");
      // After a shortage, or when a place may come free, the search may go on; otherwise it is over.
      if (!shortage && !full) return this.#abandon(seeker);
      seeker.attempt.retry();
      seeker.over = seeker.full = seeker.rerouted = false;
      seeker.tried = [];
      seeker.skipped = seeker.desperate = false;
      seeker.group = 0;
      return;
    }
    assert.ok(!seeker.tried.includes(id), "tried twice");
    assert.equal(this.#table.disabledBy(id), 0, "disabled");
    const limit = this.#table.maxc(id);
    assert.ok(limit === 0 || this.#table.current(id) <= limit, "over its limit");
    seeker.tried.push(id);
    seeker.channel = id;
    seeker.version = this.#versions.get(id)!;
    this.#hold(id, 1);
    this.#totals.get(id)!.total++;
    const before = this.#trials.get(id);
    seeker.trial = before === undefined ? undefined : { number: this.#countTrial(id), before };
    if (before !== undefined) this.#trials.set(id, this.#now);
    const group = groupOf(id);
    if (this.#setup.groups[group].hash) return;
    while (this.#nextTurn(group) !== rowOf(id));
  }

  /**
   * The channel that must come next: the first usable one in the order that the groups and their types give; after all
   * groups, if one was skipped because it rests, the same with those that rest.
   */
  #expected(seeker: Seeker): ChannelId {
    if (seeker.over) return NONE;
    const id = this.#firstInGroups(seeker);
    if (id !== NONE || seeker.desperate || !seeker.skipped) return id;
    seeker.desperate = true;
    seeker.group = 0;
    return this.#firstInGroups(seeker);
  }

  #firstInGroups(seeker: Seeker): ChannelId {
    const { client } = seeker;
    for (; seeker.group < this.#setup.groups.length; seeker.group++) {
      const { group } = seeker, { hash, channels: { length: size } } = this.#setup.groups[group];
      if (size === 0 || this.#ports[group] > 0 && this.#ports[group] !== client.localPort) continue;
      const order = hash ? this.#hashOrder(client, size) : new Set(this.#turnsFrom(group));
      let first: ChannelId = NONE;
      for (const [place, number] of [...order].entries()) {
        const id = channelId(group, number), isCandidate = first === NONE || hash ? this.#look(seeker, id) : false;
        if (isCandidate && first === NONE) first = id;
        // Whoever does not get its own channel looks at all the others.
        if (first !== NONE && place === 0) return first;
      }
      if (first !== NONE) return first;
    }
    return NONE;
  }

  /** Whether a client may have the channel now, which learns why if it may not. */
  #look(seeker: Seeker, id: ChannelId): boolean {
    if (seeker.tried.includes(id) || seeker.failed.includes(id)) return false;
    if (!this.#usable(id)) {
      if (this.#table.disabledBy(id) === 0 && !this.#trials.has(id)) seeker.full = true;
      return false;
    }
    if (seeker.desperate || this.#now >= (this.#trials.get(id) ?? -Infinity) + this.#setup.failTimeout) return true;
    seeker.skipped = true;
    return false;
  }

  /** The client's own channel; then, with `-H`, all channels in the client's order. */
  #hashOrder(client: Client, size: number): number[] {
    const hash = hashAddress(client.address);
    const rest = this.#setup.hashFailover ? Array.from({ length: size }, (_, number) => number) : [];
    return [hash % size, ...rest.sort((a, b) => preference(hash, b) - preference(hash, a))];
  }

  #turnsFrom(group: number): number[] {
    const turns = this.#turns[group], cursor = this.#cursors[group];
    return [...turns.slice(cursor), ...turns.slice(0, cursor)];
  }

  #nextTurn(group: number): number {
    const turns = this.#turns[group], cursor = this.#cursors[group];
    this.#cursors[group] = (cursor + 1) % turns.length;
    return turns[cursor];
  }

  #usable(id: ChannelId): boolean {
    const maxc = this.#table.maxc(id);
    return this.#table.disabledBy(id) === 0 && (maxc === 0 || this.#holders.get(id)! < maxc);
  }

  #connect(seeker: Seeker): void {
    seeker.attempt.connected();
    if (this.#isCurrent(seeker)) this.#trials.delete(seeker.channel);
    this.#connected.push({ id: seeker.channel, lane: seeker.lane });
    this.#seekers.splice(this.#seekers.indexOf(seeker), 1);
  }

  #fail(seeker: Seeker, cause: Cause): void {
    const id = seeker.channel, disabledBy = this.#table.disabledBy(id), current = this.#isCurrent(seeker);
    seeker.attempt.failed(cause, "no answer");
    seeker.channel = NONE;
    this.#hold(id, -1);
    const blamed = cause === "channel";
    if (blamed) {
      seeker.failed.push(id);
      this.#totals.get(id)!.failed++;
      if (current) {
        this.#countTrial(id);
        this.#trials.set(id, this.#now);
      }
    } else {
      this.#totals.get(id)!.total--;
      const { trial } = seeker;
      if (trial?.number === this.#trialNumbers.get(id) && this.#trials.has(id)) this.#trials.set(id, trial!.before);
      if (cause === "machine") {
        seeker.over = true;
        seeker.full = false;
      }
    }
    const bits = blamed && current && this.#setup.autodisable ? disabledBy | DisabledBy.MACHINE : disabledBy;
    assert.equal(this.#table.disabledBy(id), bits);
  }

  #countTrial(id: ChannelId): number {
    const number = (this.#trialNumbers.get(id) ?? 0) + 1;
    this.#trialNumbers.set(id, number);
    return number;
  }

  #abandon(seeker: Seeker): void {
    seeker.attempt.abandon();
    if (seeker.channel !== NONE) this.#hold(seeker.channel, -1);
    this.#seekers.splice(this.#seekers.indexOf(seeker), 1);
  }

  /** A group is for other clients, where threads know the conditions. */
  #route(group: number, port: number): void {
    if (this.#setup.groups.every(({ port }) => port === 0)) return;
    this.#ports[group] = port;
    for (const seeker of this.#seekers) seeker.rerouted = true;
    this.#table.setCondition(group, port);
  }

  #assign(id: ChannelId, port: number, up: boolean): void {
    this.#table.setAddress(id, { host: "127.0.0.1", port });
    this.#versions.set(id, this.#versions.get(id)! + 1);
    this.#trials.delete(id);
    this.#up.set(id, up);
  }

  /** Whether the client tries the address that its channel has now. */
  #isCurrent({ channel, version }: Seeker): boolean {
    return version === this.#versions.get(channel);
  }

  #close(which: number): void {
    if (this.#connected.length === 0) return;
    const [{ id, lane }] = this.#connected.splice(which % this.#connected.length, 1);
    this.#selections[lane].closed(id);
    this.#hold(id, -1);
  }

  #hold(id: ChannelId, count: number): void {
    this.#holders.set(id, this.#holders.get(id)! + count);
  }

  #check(): void {
    for (const id of this.#ids) {
      assert.equal(this.#table.current(id), this.#holders.get(id));
      const { total, failed, sent, rcvd } = this.#table.counters(id);
      assert.equal(this.#table.failing(id), this.#trials.has(id));
      assert.deepEqual({ total, failed, sent, rcvd }, { ...this.#totals.get(id), sent: 0n, rcvd: 0n });
    }
  }
}

const channel = fc.record({
  weight: fc.constantFrom(1, 1, 1, 1, 2, 3),
  up: fc.boolean(),
  disabled: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  maxc: fc.constantFrom(0, 0, 1, 2, 3),
});
const setup: fc.Arbitrary<Setup> = fc.record({
  groups: fc.array(
    fc.record({
      hash: fc.boolean(),
      port: fc.constantFrom(0, 0, 1, 2),
      channels: fc.oneof(
        { weight: 9, arbitrary: fc.array(channel, { maxLength: 6 }) },
        { weight: 1, arbitrary: fc.array(channel, { minLength: 30, maxLength: 64 }) },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ).filter((groups) => groups.some(({ channels }) => channels.length > 0)),
  hashFailover: fc.boolean(),
  autodisable: fc.boolean(),
  failTimeout: fc.constantFrom(0, 0, 40, 100),
  lanes: fc.integer({ min: 1, max: 3 }),
}).map((setup) => setup.failTimeout === 0 ? setup : { ...setup, lanes: 1 });
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...["begin", "begin", "begin", "advance", "advance", "advance", "advance", "advance", "advance"] as const,
    ...[
      "no port",
      "no descriptor",
      "abandon",
      "close",
      "flip",
      "disable",
      "enable",
      "enable",
      "limit",
      "tick",
      "assign",
      "route",
    ] as const,
  ),
  which: fc.nat(200),
  value: fc.nat(50),
});

Deno.test("whatever happens in whatever order, each choice is as described and nothing is lost", () => {
  fc.assert(
    fc.property(setup, fc.array(step, { maxLength: 120 }), (setup, steps) => {
      const simulation = new Simulation(setup);
      for (const step of steps) simulation.step(step);
      simulation.end();
    }),
    parameters(2500),
  );
});
