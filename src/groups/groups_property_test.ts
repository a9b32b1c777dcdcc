import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import type { ChannelId } from "../table/channel_id.ts";
import { DisabledBy, Table } from "../table/table.ts";
import type { ChannelSpec, GroupSpec } from "./group_spec.ts";
import { Groups } from "./groups.ts";

/** A channel as a list of plain objects has it. */
interface Model {
  spec: ChannelSpec | undefined;
  host: string;
  /** Empty while unresolved. */
  address: string;
  port: number;
  maxc: number;
  weight: number;
  name: string | null;
  operator: boolean;
  current: number;
  total: number;
}

interface ModelGroup {
  strategy: string;
  channels: Model[];
}

interface Step {
  readonly do:
    | "disable"
    | "enable"
    | "connect"
    | "leave"
    | "resolve"
    | "limit"
    | "weigh"
    | "assign"
    | "create"
    | "strategy"
    | "paste"
    | "replace";
  readonly group: number;
  readonly which: number;
  readonly value: number;
  readonly wanted: readonly GroupSpec[];
}

const STRATEGIES = ["rr", "hash"];

/** Hosts that operators give; specifications have some of them too. */
const OPERATORS_HOSTS = ["a", "b", "c", "made", "assigned"];

/** Groups, and beside them the lists that they must look like. */
class Simulation {
  readonly groups = new Groups(Table.create());
  spec: readonly GroupSpec[] = [];
  readonly #model: ModelGroup[] = Array.from({ length: 4 }, () => ({ strategy: "rr", channels: [] }));
  /** Each connection's row, and its channel, which may have been removed. */
  readonly #connections: { readonly id: ChannelId; readonly channel: Model }[] = [];

  step(step: Step): void {
    const { groups } = this;
    if (step.do === "replace") return this.#replace(step.wanted);
    if (step.do === "paste") return this.#paste();
    const operators = { host: OPERATORS_HOSTS[step.value % 5], port: step.which % 3 === 0 ? 7 : 80 };
    const { group } = step, model = this.#model[group], size = model.channels.length;
    if (step.do === "create") {
      const address = `192.0.2.${100 + step.value}`;
      const { host, port } = operators;
      assert.equal(groups.add(group, { host, address: { host: address, port } }), size);
      model.channels.push({ ...fresh(undefined), host, address, port });
    } else if (step.do === "strategy") groups.setStrategy(group, model.strategy = STRATEGIES[step.value % 2]);
    else if (size === 0) return;
    else {
      const number = step.which % size, channel = model.channels[number], id = groups.table.channelAt(group, number);
      if (step.do === "disable") {
        groups.disable(group, number);
        channel.operator = true;
      } else if (step.do === "enable") {
        groups.enable(group, number);
        channel.operator = false;
      } else if (step.do === "limit") groups.limit(group, number, channel.maxc = step.value);
      else if (step.do === "weigh") groups.weigh(group, number, channel.weight = step.value % 4);
      else if (step.do === "assign") {
        const address = `192.0.2.${step.value}`, { host, port } = operators;
        const may = channel.operator || channel.weight === 0 || channel.address === "";
        assert.equal(groups.assign(group, number, host, { host: address, port }), may);
        if (may) Object.assign(channel, { host, address, port });
      } else if (step.do === "connect") {
        const may = !channel.operator && channel.weight > 0 && channel.address !== "" &&
          (channel.maxc === 0 || channel.current < channel.maxc);
        assert.equal(groups.table.reserve(id), may);
        if (!may) return;
        groups.table.lane(0).taken(id);
        channel.current++;
        channel.total++;
        this.#connections.push({ id, channel });
      } else if (step.do === "leave") {
        if (this.#connections.length === 0) return;
        const [{ id, channel }] = this.#connections.splice(step.which % this.#connections.length, 1);
        groups.table.lane(0).returned(id);
        groups.table.release(id);
        channel.current--;
        assert.equal(groups.table.current(id), channel.current);
      } else {
        const [found] = groups.unresolved();
        if (found === undefined) return;
        assert.ok(groups.resolved(found, "192.0.2.50"));
        this.#model[found.group].channels[found.channel].address = "192.0.2.50";
      }
    }
  }

  /**
   * The specification becomes what runs: no channel comes or goes. None changes either, unless one has been assigned what
   * the specification called another, or another has its old name.
   */
  #paste(): void {
    const running = () => this.#model.map(({ channels }) => channels.map(({ host, port }) => `${port} ${host}`).sort());
    const wanted = this.#model.map(({ strategy, channels }) => ({
      strategy,
      channels: channels.map(({ host, address, port, maxc, weight, name }) => {
        return { host, port, maxc, weight, name: name ?? undefined, address: address || undefined };
      }),
    }));
    const before = running(),
      ambiguous = this.#model.some(({ channels }) => {
        const assigned = channels.filter((channel) => channel.spec !== undefined && !isNamed(channel, channel.spec));
        return assigned.some((one) => channels.some((other) => isNamed(other, one.spec) || isNamed(one, other.spec)));
      });
    const told = this.groups.compare(this.spec, wanted), snapshot = this.groups.snapshot();
    this.#replace(wanted);
    assert.deepEqual(running(), before);
    assert.deepEqual(told.filter(({ type }) => type === "channel-added" || type === "channel-removed"), []);
    if (!ambiguous) assert.deepEqual([told, this.groups.snapshot()], [[], snapshot]);
  }

  #replace(wanted: readonly GroupSpec[]): void {
    const before = this.groups.snapshot();
    const told = this.groups.compare(this.spec, wanted);
    assert.deepEqual(this.groups.snapshot(), before);
    assert.deepEqual(this.groups.replace(this.spec, wanted), told);
    const removed: number[] = [];
    this.#model.forEach((group, number) =>
      removed.push(...this.#replaceGroup(group, this.spec[number], wanted[number]))
    );
    assert.deepEqual(told.flatMap((change) => change.type === "channel-removed" ? [change.connections] : []), removed);
    this.spec = wanted;
    assert.deepEqual(this.groups.compare(wanted, wanted), []);
  }

  /** @returns connections of the removed channels */
  #replaceGroup(group: ModelGroup, before: GroupSpec | undefined, wanted: GroupSpec | undefined): number[] {
    if ((before?.strategy ?? "rr") !== (wanted?.strategy ?? "rr")) group.strategy = wanted?.strategy ?? "rr";
    const specs = wanted?.channels ?? [], found = matching(group.channels, specs);
    const left = group.channels.filter((channel) => !found.includes(channel));
    const channels = specs.map((spec, number) => {
      const channel = found[number], was = channel?.spec;
      if (channel === undefined) return fresh(spec);
      if ((was?.maxc ?? 0) !== (spec.maxc ?? 0)) channel.maxc = spec.maxc ?? 0;
      if ((was?.weight ?? 1) !== (spec.weight ?? 1)) channel.weight = spec.weight ?? 1;
      if (was?.name !== spec.name) channel.name = spec.name ?? null;
      const known = isNamed(spec, was) ? was!.address : undefined;
      if (isNamed(channel, spec) && spec.address !== undefined && spec.address !== known) {
        channel.address = spec.address;
      }
      channel.spec = spec;
      return channel;
    });
    group.channels = [...channels, ...left.filter(({ spec }) => spec === undefined)];
    return left.filter(({ spec }) => spec !== undefined).map(({ current }) => current);
  }

  check(): void {
    const expected = this.#model.map(({ strategy, channels }, group) => ({
      group,
      type: strategy === "rr" ? "RR" : "Hash",
      channels: channels.map(({ host, address, port, maxc, weight, name, operator, current, total }, channel) => ({
        channel,
        enabled: !operator && address !== "" && weight > 0,
        disabledBy: [
          ...operator ? ["operator"] : [],
          ...address === "" ? ["unresolved"] : [],
          ...weight === 0 ? ["weight"] : [],
        ],
        ...{
          host,
          address,
          port,
          current,
          maxc,
          weight,
          name,
          ...{ proxy: null, check: null, checkPort: null, checkHost: null },
          total: BigInt(total),
          failed: 0n,
          sent: 0n,
          rcvd: 0n,
          failing: false,
          drainingSince: null,
        },
      })),
    }));
    assert.deepEqual(this.groups.snapshot(), expected.filter(({ channels }) => channels.length > 0));
    for (const { id, channel } of this.#connections) assert.equal(this.groups.table.current(id), channel.current);
  }
}

function isNamed(a: Pick<ChannelSpec, "host" | "port">, b: Pick<ChannelSpec, "host" | "port"> | undefined): boolean {
  return a.host === b?.host && a.port === b.port;
}

/** The channels that the wanted ones are: by their specifications, and where these have none, by what operators made. */
function matching(channels: readonly Model[], wanted: readonly ChannelSpec[]): (Model | undefined)[] {
  const taken: Model[] = [], owner: number[] = [];
  for (;;) {
    const left = channels.filter((channel) => !taken.includes(channel));
    const found = wanted.map((spec, number) => {
      if (owner.includes(number)) return taken[owner.indexOf(number)];
      const place = left.findIndex((channel) => isNamed(spec, channel.spec));
      return place < 0 ? undefined : left.splice(place, 1)[0];
    });
    const rank = (channel: Model) => found.includes(channel) ? 1 : 0;
    const pairs = wanted.flatMap((spec, number) =>
      found[number] !== undefined ? [] : channels
        .filter((channel) => !taken.includes(channel) && isNamed(spec, channel) && !isNamed(spec, channel.spec))
        .sort((a, b) => rank(a) - rank(b)).map((channel) => ({ number, channel }))
    );
    if (pairs.length === 0) return found;
    taken.push(pairs[0].channel);
    owner.push(pairs[0].number);
  }
}

function fresh(spec: ChannelSpec | undefined): Model {
  const { host = "", address = "", port = 0, maxc = 0, weight = 1, name = null } = spec ?? {};
  return { spec, host, address, port, maxc, weight, name, operator: false, current: 0, total: 0 };
}

const channelSpec: fc.Arbitrary<ChannelSpec> = fc.record({
  host: fc.constantFrom("a", "b", "c", "d"),
  port: fc.constantFrom(0, 80, 80),
  maxc: fc.constantFrom(undefined, 0, 0, 3, 5),
  weight: fc.constantFrom(undefined, undefined, 1, 0, 3),
  name: fc.constantFrom(undefined, undefined, "x", "y"),
  address: fc.constantFrom("192.0.2.1", "192.0.2.1", "192.0.2.2", undefined),
});
const specs: fc.Arbitrary<GroupSpec[]> = fc.array(
  fc.record({ strategy: fc.constantFrom(undefined, "rr", "hash"), channels: fc.array(channelSpec, { maxLength: 6 }) }),
  { maxLength: 4 },
);
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...[
      "disable",
      "enable",
      "connect",
      "connect",
      "leave",
      "resolve",
      "limit",
      "weigh",
      "assign",
      "create",
      "strategy",
    ] as const,
    ...["paste", "replace", "replace", "replace"] as const,
  ),
  group: fc.nat(3),
  which: fc.nat(20),
  value: fc.nat(40),
  wanted: specs,
});

Deno.test("whatever operators, clients and specifications change, the groups are as lists would be", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const simulation = new Simulation();
      for (const step of steps) {
        simulation.step(step);
        simulation.check();
      }
    }),
    parameters(1000),
  );
});

Deno.test("another process that goes on from a state is where a reload would have led", () => {
  const run = (steps: readonly Step[], wanted: readonly GroupSpec[], cursors: readonly number[]) => {
    const { groups, spec } = steps.reduce((simulation, step) => {
      simulation.step(step);
      return simulation;
    }, new Simulation());
    const { table } = groups;
    cursors.forEach((cursor, group) => {
      const size = table.size(group);
      if (size === 0) return;
      table.moveCursor(group, table.cursor(group), cursor % table.turns(group));
      const id = table.channelAt(group, cursor % size);
      if (cursor % 2 === 0) table.disable(id, DisabledBy.MACHINE);
      const resolved = !groups.isUnresolved(group, cursor % size);
      if (resolved && cursor % 3 === 0) table.setFailing(id, true, table.addressSequence(id));
      table.lane(0).sent(id, 2 ** 50);
    });
    const state = JSON.parse(JSON.stringify(groups.state(spec)));
    groups.replace(spec, wanted);
    const successor = new Groups(Table.create());
    successor.replace([], wanted);
    successor.restore(state, wanted);
    const seen = (groups: Groups) =>
      groups.snapshot().map((group) => ({
        ...group,
        cursor: groups.table.cursor(group.group),
        channels: group.channels.map((channel) => ({ ...channel, current: 0 })),
      }));
    assert.deepEqual(seen(successor), seen(groups));
    // What comes after that starts from the same specification.
    assert.deepEqual(successor.compare(wanted, []).length, groups.compare(wanted, []).length);
  };
  const cursors = fc.array(fc.nat(30), { minLength: 4, maxLength: 4 });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), specs, cursors, run), parameters(1000));
});
