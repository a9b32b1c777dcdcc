import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parseHost } from "../table/address.ts";
import { type ChannelId, channelId, groupOf, NONE, rowOf } from "../table/channel_id.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { Selection } from "./selection.ts";

const CLIENT = { address: parseHost("192.0.2.1").bytes, port: 1 };

interface Channel {
  up: boolean;
  enabled: boolean;
  maxc: number;
  current: number;
}

/** What happens between one client and the next. */
type Step =
  | { readonly do: "connect" }
  | { readonly do: "leave" | "flip" | "toggle"; readonly which: number }
  | { readonly do: "limit"; readonly which: number; readonly maxc: number };

/**
 * Round Robin as described for clients that come one after another: start at the group's current index; take the first
 * channel, going once around, that is enabled and below its limit; the index becomes the one after it. A channel that
 * does not accept gives its connection back, and the next usable one of the group is taken, once around; then the
 * following groups are tried.
 */
class SequentialModel {
  readonly groups: readonly (readonly Channel[])[];
  readonly #autodisable: boolean;
  readonly #index: number[];

  constructor(sizes: readonly number[], autodisable: boolean) {
    this.groups = sizes.map((size) =>
      Array.from({ length: size }, () => ({ up: true, enabled: true, maxc: 0, current: 0 }))
    );
    this.#index = sizes.map(() => 0);
    this.#autodisable = autodisable;
  }

  /** Channels that the next client tries; the last one is connected if it is up. */
  connect(): ChannelId[] {
    const tried: ChannelId[] = [];
    for (const [group, channels] of this.groups.entries()) {
      const left = new Set(channels.keys());
      for (let taken = this.#take(group, left); taken >= 0; taken = this.#take(group, left)) {
        tried.push(channelId(group, taken));
        const channel = channels[taken];
        if (channel.up) {
          channel.current++;
          return tried;
        }
        if (this.#autodisable) channel.enabled = false;
      }
    }
    return tried;
  }

  #take(group: number, left: Set<number>): number {
    const channels = this.groups[group];
    for (let step = 0; step < channels.length; step++) {
      const number = (this.#index[group] + step) % channels.length, { enabled, maxc, current } = channels[number];
      if (!left.has(number) || !enabled || (maxc !== 0 && current >= maxc)) continue;
      left.delete(number);
      this.#index[group] = (number + 1) % channels.length;
      return number;
    }
    return -1;
  }
}

const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: "connect" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("leave" as const, "flip" as const, "toggle" as const), which }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), which, maxc: fc.nat(3) }) },
);

Deno.test("clients that come one after another get the channels of the sequential description", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.array(step, { maxLength: 60 }), (sizes, autodisable, steps) => {
      const model = new SequentialModel(sizes, autodisable), table = Table.create();
      const ids: ChannelId[] = [], connected: ChannelId[] = [];
      sizes.forEach((size, group) => {
        for (let i = 0; i < size; i++) ids.push(table.addChannel(group, { host: "127.0.0.1", port: 1 })!);
      });
      const selection = new Selection(
        table,
        table.lane(0),
        { autodisable, hashFailover: false, failTimeout: 0, trace: false },
        () => {},
      );
      const at = (id: ChannelId) => model.groups[groupOf(id)][rowOf(id)];
      for (const step of steps) {
        if (step.do === "connect") {
          const expected = model.connect(), tried: ChannelId[] = [];
          const attempt = selection.begin(CLIENT);
          for (;;) {
            const id = attempt.choose();
            if (id === NONE) {
              attempt.abandon();
              break;
            }
            tried.push(id);
            if (at(id).up) {
              attempt.connected();
              connected.push(id);
              break;
            }
            attempt.failed("channel", "down");
          }
          assert.deepEqual(tried, expected);
        } else if (step.do === "leave") {
          if (connected.length === 0) continue;
          const [id] = connected.splice(step.which % connected.length, 1);
          at(id).current--;
          selection.closed(id);
        } else {
          const id = ids[step.which % ids.length], channel = at(id);
          if (step.do === "flip") channel.up = !channel.up;
          else if (step.do === "limit") table.setMaxc(id, channel.maxc = step.maxc);
          else if ((channel.enabled = !channel.enabled)) table.enable(id, DisabledBy.OPERATOR | DisabledBy.MACHINE);
          else table.disable(id, DisabledBy.OPERATOR);
        }
        for (const id of ids) assert.equal(table.current(id), at(id).current);
      }
    }),
    parameters(2000),
  );
});

Deno.test("a dead channel's share does not fall on its neighbour alone", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(7), fc.integer({ min: 1, max: 100 }), (size, dead, clients) => {
      const table = Table.create(), served = new Array<number>(size).fill(0);
      for (let i = 0; i < size; i++) table.addChannel(0, { host: "127.0.0.1", port: 1 });
      const options = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };
      const selection = new Selection(table, table.lane(0), options, () => {});
      for (let i = 0; i < clients; i++) {
        const attempt = selection.begin(CLIENT);
        let id = attempt.choose();
        if (id === dead % size) {
          attempt.failed("channel", "down");
          id = attempt.choose();
        }
        attempt.connected();
        served[id]++;
      }
      const [share] = served.splice(dead % size, 1);
      assert.equal(share, 0);
      assert.ok(Math.max(...served) - Math.min(...served) <= 1, served.join());
    }),
    parameters(500),
  );
});
