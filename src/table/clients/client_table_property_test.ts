import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { type ClientHandle, ClientLane, NO_HANDLE, REACHED } from "./client_lane.ts";
import { ClientSets } from "./client_sets.ts";
import { ClientTable } from "./client_table.ts";

const LANES = 3, WAYS = 8, CLIENTS = 40, MOST = 3, RATE = { count: 1, seconds: 1, burst: 4 };

/** What the simple account knows of a client. */
interface Known {
  readonly set: number;
  seen: number;
  refused: number;
  /** Tokens of its rate at `filled`. */
  tokens: number;
  filled: number;
  /** Lanes of its connections, by their numbers. */
  readonly connections: Set<number>;
}

interface Connection {
  readonly client: number;
  readonly lane: number;
  readonly handle: ClientHandle;
}

/** IPv4 clients, and IPv6 clients with varying ends. */
function addressOf(n: number, end: number): Uint8Array {
  return n % 2 === 0
    ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, n)
    : Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, n, 0, 0, 0, end, 0, 0, end, 1);
}

function clientOf(address: Uint8Array): number {
  return address[0] === 0x20 ? address[7] : address[15];
}

/** A table beside a simple account of it. */
class World {
  readonly table: ClientTable;
  readonly lanes: ClientLane[];
  readonly sets: ClientSets;
  readonly known = new Map<number, Known>();
  readonly connections = new Map<number, Connection>();
  now = 2 ** 32 - 3000;
  uncounted = 0;
  #last = 0;

  constructor(size: number, seed: number) {
    this.table = ClientTable.create(size, 64, LANES, seed);
    this.sets = new ClientSets(this.table.buffer);
    const limits = { connections: MOST, rate: RATE };
    this.lanes = Array.from({ length: LANES }, (_, lane) => new ClientLane(this.table.buffer, lane, limits));
  }

  enter(client: number, lane: number, end: number, enforced: boolean): void {
    this.now++;
    const handle = this.lanes[lane].enter(addressOf(client, end), this.now, enforced), { reached } = this.lanes[lane];
    const known = this.known.get(client) ?? this.#place(client);
    if (known === undefined) {
      this.uncounted++;
      assert.deepEqual([handle, reached], [NO_HANDLE, REACHED.NONE]);
      return;
    }
    known.seen = this.now;
    const expected = this.#reaches(known);
    assert.equal(reached, expected);
    if (expected !== REACHED.NONE) known.refused++;
    assert.equal(handle !== NO_HANDLE, expected === REACHED.NONE || !enforced);
    if (handle === NO_HANDLE) return;
    this.connections.set(++this.#last, { client, lane, handle });
    known.connections.add(this.#last);
  }

  leave(number: number): void {
    const { client, lane, handle } = this.connections.get(number)!;
    this.lanes[lane].leave(handle);
    this.connections.delete(number);
    this.known.get(client)!.connections.delete(number);
  }

  die(lane: number): void {
    this.table.abandon(lane);
    for (const [number, connection] of this.connections) {
      if (connection.lane !== lane) continue;
      this.connections.delete(number);
      this.known.get(connection.client)!.connections.delete(number);
    }
  }

  forgive(below: number): void {
    this.table.forgive((address) => clientOf(address) < below);
    for (const [client, known] of this.known) {
      if (client < below) Object.assign(known, { refused: 0, tokens: RATE.burst, filled: this.now });
    }
  }

  check(): void {
    const shown = [...this.known].filter(([, { connections, refused }]) => connections.size + refused > 0);
    const expected = shown.map(([client, { connections, refused }]) => [client, connections.size, refused]);
    const found: number[][] = [];
    this.table.forEach(({ address, connections, refused }) => {
      found.push([clientOf(address), connections, refused]);
    });
    assert.deepEqual(found.sort(byClient), expected.sort(byClient));
    assert.equal(this.table.uncounted, this.uncounted);
  }

  #reaches(known: Known): number {
    if (known.connections.size >= MOST) return REACHED.CONNECTIONS;
    known.tokens = Math.min(RATE.burst, known.tokens + (this.now - known.filled) / 1000);
    known.filled = this.now;
    if (known.tokens < 1 - 1e-6) return REACHED.RATE;
    known.tokens--;
    return REACHED.NONE;
  }

  #place(client: number): Known | undefined {
    const view = new DataView(addressOf(client, 0).buffer), [a, b] = [view.getInt32(0), view.getInt32(4)];
    const set = client % 2 === 0 ? this.sets.of(a, b, view.getInt32(8), view.getInt32(12)) : this.sets.of(a, b, 0, 0);
    const rivals = [...this.known].filter(([, known]) => known.set === set);
    if (rivals.length === WAYS) {
      const idle = rivals.filter(([, { connections }]) => connections.size === 0);
      if (idle.length === 0) return undefined;
      this.known.delete(idle.reduce((one, other) => one[1].seen < other[1].seen ? one : other)[0]);
    }
    const known = { set, seen: 0, refused: 0, tokens: RATE.burst, filled: 0, connections: new Set<number>() };
    this.known.set(client, known);
    return known;
  }
}

function byClient([a]: readonly number[], [b]: readonly number[]): number {
  return a - b;
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("enter" as const),
      client: fc.nat(CLIENTS - 1),
      lane: fc.nat(LANES - 1),
      end: fc.nat(255),
      enforced: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("leave" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass" as const), time: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forgive" as const), below: fc.nat(CLIENTS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("die" as const), lane: fc.nat(LANES - 1) }) },
);

Deno.test("whatever happens, the table counts and refuses as a simple account does", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8, 16, 64),
      fc.nat(),
      fc.array(step, { maxLength: 150, size: "max" }),
      (size, seed, steps) => {
        const world = new World(size, seed);
        for (const each of steps) {
          switch (each.type) {
            case "enter":
              world.enter(each.client, each.lane, each.end, each.enforced);
              break;
            case "leave": {
              const all = [...world.connections.keys()];
              if (all.length > 0) world.leave(all[each.which % all.length]);
              break;
            }
            case "pass":
              world.now += each.time;
              break;
            case "forgive":
              world.forgive(each.below);
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
