import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { Table } from "../table/table.ts";
import type { GroupSpec } from "./group_spec.ts";
import { Groups } from "./groups.ts";
import type { GroupsState } from "./groups_state.ts";

const SPEC: readonly GroupSpec[] = [{
  channels: [
    { host: "a", port: 80, address: "192.0.2.1", maxc: 5 },
    { host: "b", port: 80 },
  ],
}, { strategy: "hash", channels: [{ host: "c", port: 0, address: "2001:db8::7" }] }];

function made(spec = SPEC): Groups {
  const groups = new Groups(Table.create());
  groups.replace([], spec);
  return groups;
}

/** Since when they have been disabled. */
const SINCE = Date.parse("2026-01-01T12:00:00Z");

/** Groups with which an operator and clients have done a few things. */
function used(): Groups {
  const groups = made(), lane = groups.table.lane(0);
  groups.disable(0, 0);
  groups.table.setDisabledSince(groups.idOf(0, 0), SINCE);
  groups.limit(0, 0, 9);
  groups.setStrategy(1, "rr");
  groups.add(1, { host: "made", address: { host: "192.0.2.3", port: 1 }, maxc: 2, enabled: false });
  groups.table.setDisabledSince(groups.idOf(1, 1), SINCE);
  lane.taken(0);
  lane.failed(0);
  lane.rcvd(0, 2 ** 52);
  lane.rcvd(0, 2 ** 52);
  lane.rcvd(0, 1);
  return groups;
}

Deno.test("a state says what the specification does not", () => {
  const none = { total: "0", failed: "0", sent: "0", rcvd: "0" };
  const rest = { disabledBy: [], failing: false, ...none };
  const disabled = { disabledBy: ["operator"], disabledSince: "2026-01-01T12:00:00.000Z" } as const;
  const state: GroupsState = {
    version: 1,
    groups: [
      {
        group: 0,
        strategy: "rr",
        specStrategy: "rr",
        cursor: 0,
        channels: [
          {
            ...rest,
            spec: { host: "a", port: 80, maxc: 5 },
            ...{ host: "a", address: "192.0.2.1", port: 80, maxc: 9, ...disabled },
            ...{ total: "1", failed: "1", rcvd: "9007199254740993" },
          },
          { ...rest, spec: { host: "b", port: 80, maxc: 0 }, host: "b", port: 80, maxc: 0 },
        ],
      },
      {
        group: 1,
        strategy: "rr",
        specStrategy: "hash",
        cursor: 0,
        channels: [
          {
            ...rest,
            spec: { host: "c", port: 0, maxc: 0 },
            ...{ host: "c", address: "2001:db8::7", port: 0, maxc: 0 },
          },
          { ...rest, host: "made", address: "192.0.2.3", port: 1, maxc: 2, ...disabled },
        ],
      },
    ],
  };
  assert.deepEqual(used().state(SPEC), state);
});

Deno.test("groups go on where those of another process were, counters included", () => {
  const groups = made(), before = used();
  groups.table.lane(0).sent(0, 3);
  groups.restore(JSON.parse(JSON.stringify(before.state(SPEC))), SPEC);
  before.table.lane(0).sent(0, 3);
  assert.deepEqual(groups.snapshot(), before.snapshot());
  assert.equal(groups.table.disabledSince(groups.idOf(0, 0)), SINCE);
  groups.reset(0, 0);
  assert.deepEqual(groups.counters(0, 0), { total: 0n, failed: 0n, sent: 0n, rcvd: 0n });
});

Deno.test("a channel that an operator had created or assigned goes on as the one that the specification now names", () => {
  const before = used();
  before.assign(0, 0, "x", { host: "192.0.2.9", port: 81 });
  const x = { host: "x", port: 81, address: "192.0.2.9", maxc: 5 };
  const there = { host: "made", port: 1, address: "192.0.2.3" };
  const spec = [{ channels: [x, SPEC[0].channels[1]] }, { ...SPEC[1], channels: [SPEC[1].channels[0], there] }];
  const groups = made(spec);
  groups.restore(JSON.parse(JSON.stringify(before.state(SPEC))), spec);
  assert.deepEqual(groups.snapshot(), before.snapshot());
});

Deno.test("options that an operator has set, or a program given, go on, and those of an earlier version have defaults", () => {
  const spec = [{ channels: [{ host: "a", port: 80, address: "192.0.2.1", weight: 5, name: "x" }] }],
    before = made(spec);
  before.weigh(0, 0, 0);
  before.add(0, { host: "made", address: { host: "192.0.2.3", port: 1 }, weight: 7, name: "y" });
  const state = JSON.parse(JSON.stringify(before.state(spec))), groups = made(spec);
  groups.restore(state, spec);
  assert.deepEqual(groups.snapshot(), before.snapshot());
  // The specification counts where it is another one now.
  const other = [{ channels: [{ ...spec[0].channels[0], weight: 6, name: "z" }] }], changed = made(other);
  changed.restore(state, other);
  const options = (groups: Groups) => groups.snapshot()[0].channels.map(({ weight, name }) => [weight, name]);
  assert.deepEqual(options(changed), [[6, "z"], [7, "y"]]);
  for (const { channels } of state.groups) {
    for (const channel of channels) {
      for (const one of [channel, channel.spec ?? {}]) {
        delete one.weight;
        delete one.name;
      }
    }
  }
  const later = made(spec);
  later.restore(state, spec);
  assert.deepEqual(options(later), [[5, "x"], [1, null]]);
});

Deno.test("the turn that goes on is one of the schedule, and that of an earlier version is the channel's first one", () => {
  const channels = [1, 3].map((weight, i) => ({ host: `h${i}`, port: 80, address: "192.0.2.1", weight }));
  const spec = [{ channels }], before = made(spec), turns = [0, 1, 2, 3].map((turn) => before.table.turn(0, turn));
  assert.deepEqual(turns, [1, 0, 1, 1]);
  const state = (turn: number) => {
    before.table.moveCursor(0, before.table.cursor(0), turn);
    return JSON.parse(JSON.stringify(before.state(spec)));
  };
  const after = (state: { groups: { turn?: number }[] }, spec: readonly GroupSpec[]) => {
    const groups = made(spec);
    groups.restore(state, spec);
    return groups.table.cursor(0);
  };
  for (const turn of turns.keys()) assert.equal(after(state(turn), spec), turn);
  const earlier = state(3);
  delete earlier.groups[0].turn;
  assert.equal(after(earlier, spec), 0);
  // Weights are the specification's where it has other ones, and the turn is as far around.
  const doubled = [{ channels: [{ ...channels[0], weight: 2 }, channels[1]] }], groups = made(doubled);
  assert.deepEqual([0, 1, 2, 3, 4].map((turn) => groups.table.turn(0, turn)), [1, 0, 1, 0, 1]);
  assert.deepEqual([after(state(1), doubled), after(state(3), doubled)], [1, 4]);
});

Deno.test("who disabled a channel is left out where this version does not know them", () => {
  const state = JSON.parse(JSON.stringify(used().state(SPEC))), groups = made();
  state.groups[0].channels[0].disabledBy = ["weather", "autodisable", "unresolved"];
  groups.restore(state, SPEC);
  assert.deepEqual(groups.snapshot()[0].channels[0].disabledBy, ["autodisable"]);
});

Deno.test("a state without groups changes nothing", () => {
  const groups = made();
  groups.restore({ version: 1, groups: [] }, SPEC);
  assert.deepEqual(groups.snapshot(), made().snapshot());
});

Deno.test("a bad state is refused, naming the word that is wrong, and nothing has changed", () => {
  const good = used().state(SPEC);
  /** The state with another value in group 1 or one of its channels. */
  const group = (name: string, value: unknown) => ({
    ...good,
    groups: [good.groups[0], { ...good.groups[1], [name]: value }],
  });
  const channel = (name: string, value: unknown, number = 0) =>
    group("channels", good.groups[1].channels.map((each, i) => i === number ? { ...each, [name]: value } : each));
  const cases: [unknown, string | RegExp][] = [
    [undefined, "state is undefined, not an object"],
    [[], "state is a list of 0, not an object"],
    [{ ...good, version: 2 }, "state.version is 2, not 1"],
    [{ ...good, groups: {} }, "state.groups is an object, not a list of at most 32"],
    [{ ...good, groups: [null] }, "state.groups[0] is null, not an object"],
    [{ ...good, groups: [good.groups[0], good.groups[0]] }, "state.groups has a group twice"],
    [group("group", 32), "state.groups[1].group is 32, not a whole number from 0 to 31"],
    [group("strategy", "best"), 'there is no strategy "best"'],
    [group("specStrategy", 7), /specStrategy is 7, not text/],
    [group("cursor", 1.5), /cursor is 1.5, not a whole number/],
    [group("turn", 4096), /turn is 4096, not a whole number from 0 to 4095/],
    [group("channels", Array(65).fill({})), /channels is a list of 65, not a list of at most 64/],
    [channel("host", ""), 'state.groups[1].channels[0].host is "", not text of 1 to 1024 characters'],
    [channel("host", "x".repeat(2000)), /is "x{60}", not text/],
    [channel("port", -1), /port is -1, not a whole number from 0 to 65535/],
    [channel("maxc", "1"), /maxc is "1", not/],
    [channel("address", "c"), /channels\[0\].address is "c", not a numeric address/],
    [channel("address", undefined, 1), /channels\[1\].address is undefined, not a numeric address/],
    [channel("disabledBy", "operator"), /disabledBy is "operator", not a list of at most 32/],
    [channel("failing", 1), /failing is 1, not true or false/],
    [channel("sent", 5), /sent is 5, not digits/],
    [channel("sent", "1e3"), /sent is "1e3", not digits/],
    [channel("sent", `${2n ** 63n}`), /sent is "9223372036854775808", not digits/],
    [channel("weight", 257), /weight is 257, not a possible weight/],
    [channel("name", "idle"), /name is "idle", not a possible name/],
    [channel("spec", { host: "c" }), /spec.port is undefined, not/],
  ];
  for (const [state, message] of cases) {
    const groups = made(), text = typeof message === "string" ? message : message.source;
    assert.throws(() => groups.restore(state, SPEC), (error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError, text);
      assert.match(error.message, /^Cannot restore state: /);
      if (typeof message === "string") assert.equal(error.message, `Cannot restore state: ${message}`);
      else assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(groups.snapshot(), made().snapshot(), text);
  }
});

Deno.test("a channel of the specification behind a created one is refused", () => {
  const state = JSON.parse(JSON.stringify(used().state(SPEC)));
  state.groups[1].channels.reverse();
  assert.throws(() => made().restore(state, SPEC), /channels\[1\] has a spec behind one that has none/);
});

Deno.test("created channels for which there is no room are refused, and nothing has changed", () => {
  const state = used().state(SPEC), many = Array.from({ length: 64 }, () => ({ host: "c", port: 0 }));
  const spec = [SPEC[0], { strategy: "hash", channels: many }], groups = made(spec);
  const snapshot = groups.snapshot();
  assert.throws(() => groups.restore(state, spec), {
    message: "Cannot change group 1: 65 channels, but there can be 64",
  });
  assert.deepEqual(groups.snapshot(), snapshot);
});

Deno.test("any text of another program is either taken or refused with a clear error", () => {
  const state = used().state(SPEC), text = JSON.stringify(state);
  const damaged = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 8 })).map(([at, cut, put]) =>
    text.slice(0, at) + put + text.slice(at + cut)
  );
  const parsed = fc.oneof(
    fc.jsonValue(),
    damaged.map((text) => {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }),
  );
  fc.assert(
    fc.property(parsed, (state) => {
      const groups = made();
      try {
        groups.restore(state, SPEC);
      } catch (error) {
        assert.match((error as Error).message, /^Cannot (restore state|change group)/);
        assert.deepEqual(groups.snapshot(), made().snapshot());
      }
    }),
    parameters(2000),
  );
});

Deno.test("a group's condition is its specification's, and the predecessor's only where there is none", () => {
  const own = { sni: ["own.example"] }, other = { sni: ["other.example"], port: [{ first: 443, last: 443 }] };
  const channels = [{ host: "a", port: 80, address: "192.0.2.1" }];
  const before = made([{ conditions: other, channels }, { conditions: own, channels }]);
  before.add(1, { host: "made", address: { host: "192.0.2.3", port: 1 } });
  const state = JSON.parse(
    JSON.stringify(before.state([{ conditions: other, channels }, { conditions: own, channels }])),
  );
  const after = made([{ conditions: own, channels }]);
  after.restore(state, [{ conditions: own, channels }]);
  assert.deepEqual([0, 1, 2].map((group) => after.conditionsOf(group)), [own, own, undefined]);
  const [{ conditions }, second] = after.snapshot();
  assert.deepEqual([conditions, second.conditions, second.channels.map(({ host }) => host)], [own, own, ["made"]]);
  for (const conditions of [7, "sni=a", {}]) {
    const wrong = { ...state, groups: [{ ...state.groups[0], conditions }] };
    assert.throws(() => made().restore(wrong, SPEC), /state\.groups\[0\]\.conditions is .* not a list/);
  }
  for (const word of [7, "", "web1", "sni=", "sni=*", "from=10.0.0.1/8", "port=0", "more=1", "proto=tls"]) {
    const wrong = { ...state, groups: [{ ...state.groups[0], conditions: ["proto=tls", word] }] };
    assert.throws(() => made().restore(wrong, SPEC), /state\.groups\[0\]\.conditions\[1\] is .* not a condition/);
  }
});
