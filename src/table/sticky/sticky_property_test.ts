import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { NONE } from "../channel_id.ts";
import { highWord, lowWord } from "./client_key.ts";
import { type StickyHandle, StickyLane } from "./sticky_lane.ts";
import { StickyTable } from "./sticky.ts";
import { StickySets } from "./sticky_sets.ts";

const LANES = 3, TIME = 10, WAYS = 8;

/** What the simple account knows of an address. */
interface Known {
  readonly set: number;
  channel: number;
  used: number;
  /** The connections that it has, by their numbers. */
  readonly connections: Set<number>;
}

/** A connection, in both worlds. */
interface Connection {
  readonly client: number;
  readonly lane: number;
  readonly handle: StickyHandle;
}

/** IPv4 and IPv6 clients. */
function addressOf(n: number): Uint8Array {
  const bytes = new Uint8Array(16);
  if (n % 3 === 0) bytes.set([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, n, n * 7, 1]);
  else bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, n]);
  return bytes;
}

/** A table beside a simple account of it. */
class World {
  readonly table: StickyTable;
  readonly lanes: StickyLane[];
  readonly sets: StickySets;
  readonly known = new Map<number, Known>();
  readonly connections = new Map<number, Connection>();
  now = 0;
  #last = 0;

  constructor(size: number, seed: number) {
    this.table = StickyTable.create(size, LANES, seed);
    this.sets = new StickySets(this.table.buffer);
    this.lanes = Array.from({ length: LANES }, (_, lane) => new StickyLane(this.table.buffer, lane, TIME));
  }

  begin(client: number, lane: number, channel: number): void {
    const handle = this.lanes[lane].begin(addressOf(client), channel, channel + 1), number = ++this.#last;
    this.connections.set(number, { client, lane, handle });
    const known = this.known.get(client) ?? this.#place(client);
    known.channel = channel;
    known.used = this.now;
    known.connections.add(number);
  }

  end(number: number): void {
    const { client, lane, handle } = this.connections.get(number)!;
    this.lanes[lane].end(handle);
    this.connections.delete(number);
    const known = this.known.get(client);
    if (known?.connections.delete(number)) known.used = this.now;
  }

  die(lane: number): void {
    this.table.abandon(lane);
    for (const [number, connection] of this.connections) {
      if (connection.lane !== lane) continue;
      this.connections.delete(number);
      const known = this.known.get(connection.client);
      if (known?.connections.delete(number)) known.used = this.now;
    }
  }

  forget(client: number): void {
    const bytes = addressOf(client);
    assert.equal(this.table.forget({ high: highWord(bytes), low: lowWord(bytes) }), this.known.delete(client));
  }

  pass(seconds: number): void {
    this.now += seconds;
    this.table.tick(this.now);
  }

  check(): void {
    const expected = [...this.known].filter(([, known]) => this.#isFresh(known)).map(([client, known]) => {
      return { client, channel: known.channel, connections: known.connections.size, idle: this.now - known.used };
    });
    const clients = new Map(Array.from({ length: 64 }, (_, n) => [keyText(addressOf(n)), n]));
    const found: typeof expected = [];
    this.table.forEach(TIME, ({ high, low, channel, connections, idle }) => {
      found.push({ client: clients.get(`${high} ${low}`)!, channel, connections, idle });
    });
    const order = (a: { client: number }, b: { client: number }) => a.client - b.client;
    assert.deepEqual(found.sort(order), expected.sort(order));
    for (let client = 0; client < 64; client++) {
      const known = this.known.get(client), channel = known && this.#isFresh(known) ? known.channel : NONE;
      for (const lane of this.lanes) assert.equal(lane.find(addressOf(client)), channel);
    }
  }

  #isFresh({ connections, used }: Known): boolean {
    return connections.size > 0 || this.now - used < TIME;
  }

  #place(client: number): Known {
    const bytes = addressOf(client), set = this.sets.of(highWord(bytes), lowWord(bytes));
    const rivals = [...this.known].filter(([, known]) => known.set === set);
    if (rivals.length === WAYS) {
      const stale = ({ connections, used }: Known) => (connections.size === 0 ? 1e6 : 0) + this.now - used;
      const most = Math.max(...rivals.map(([, known]) => stale(known)));
      const victims = rivals.filter(([, known]) => stale(known) === most).map(([client]) => client);
      // Of equally stale ones, any.
      const gone = victims.filter((client) => !this.#isThere(client));
      assert.equal(gone.length, 1, `of ${victims}, ${gone} are gone`);
      this.known.delete(gone[0]);
    }
    const known = { set, channel: NONE, used: this.now, connections: new Set<number>() };
    this.known.set(client, known);
    return known;
  }

  /** Whether the table still has it, expired or not. */
  #isThere(client: number): boolean {
    const bytes = addressOf(client);
    return this.table.get({ high: highWord(bytes), low: lowWord(bytes) }, 1e6) !== undefined;
  }
}

function keyText(bytes: Uint8Array): string {
  return `${highWord(bytes)} ${lowWord(bytes)}`;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("begin" as const),
      client: fc.nat(63),
      lane: fc.nat(LANES - 1),
      channel: fc.nat(4095),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("end" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), seconds: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forget" as const), client: fc.nat(63) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("die" as const), lane: fc.nat(LANES - 1) }) },
);

Deno.test("whatever happens, the table has the addresses that a simple account has, with their connections and times", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8, 16, 24),
      fc.nat(),
      fc.array(step, { maxLength: 120, size: "max" }),
      (size, seed, steps) => {
        const world = new World(size, seed);
        for (const each of steps) {
          switch (each.type) {
            case "begin":
              world.begin(each.client, each.lane, each.channel);
              break;
            case "end": {
              const all = [...world.connections.keys()];
              if (all.length > 0) world.end(all[each.which % all.length]);
              break;
            }
            case "pass":
              world.pass(each.seconds);
              break;
            case "forget":
              world.forget(each.client);
              break;
            case "die":
              world.die(each.lane);
          }
          world.check();
        }
      },
    ),
    parameters(100),
  );
});
