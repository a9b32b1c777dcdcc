import { Failover } from "../../src/selection/failover.ts";
import { channelIdentity } from "../../src/selection/identity.ts";
import { Search } from "../../src/selection/search.ts";
import { strategies, type Strategy } from "../../src/selection/strategy.ts";
import { parseHost } from "../../src/table/address.ts";
import type { ChannelId } from "../../src/table/channel_id.ts";
import { Table } from "../../src/table/table.ts";
import { seededRandom } from "./chance.ts";

/** A channel of the group. */
interface OneChannel {
  readonly weight?: number;
  readonly maxc?: number;
  /** Default: a number of its own. */
  readonly port?: number;
}

/** What chooses, besides the channels. */
interface Chooser {
  readonly hashFailover?: boolean;
  readonly strategies?: readonly Strategy[];
  readonly random?: () => number;
  /** Whether channels have their shares. */
  readonly slowStart?: number;
}

/** Clients' addresses that differ in their last bytes: as many as there are IPv4 addresses in a /16. */
export function client(number: number): Uint8Array {
  return parseHost(`10.7.${(number >> 8) & 255}.${number & 255}`).bytes;
}

/** One group under a strategy, without an engine. */
export class OneGroup {
  readonly table = Table.create();
  readonly #failover: Failover;

  /** @param strategy its name */
  constructor(strategy: string, channels: number | readonly OneChannel[], chooser: Chooser = {}) {
    const { hashFailover = false, strategies: list = strategies, random = seededRandom(7), slowStart } = chooser,
      { table } = this;
    table.setStrategy(0, list.findIndex(({ name }) => name === strategy));
    const all: readonly OneChannel[] = typeof channels === "number"
      ? Array.from({ length: channels }, () => ({}))
      : channels;
    for (const [i, { weight = 1, maxc = 0, port = 8000 + i }] of all.entries()) {
      const id = table.addChannel(0, { host: "127.0.0.1", port }, maxc)!;
      if (weight !== 1) table.setWeight(id, weight);
      table.setIdentity(id, channelIdentity("127.0.0.1", port));
    }
    this.#failover = new Failover(table, { hashFailover, strategies: list, random, slowStart });
  }

  /** The channel that a new client gets, or NONE. It is counted. */
  choose(address = client(0), search = new Search()): ChannelId {
    return this.#failover.next(search, { address, port: 1 });
  }

  /** The same, and the client has left at once. */
  visit(address?: Uint8Array): ChannelId {
    const id = this.choose(address);
    if (id >= 0) this.table.release(id);
    return id;
  }

  /** Every channel that one client would try, in order. */
  order(address?: Uint8Array): ChannelId[] {
    const search = new Search(), tried: ChannelId[] = [];
    for (let id = this.choose(address, search); id >= 0; id = this.choose(address, search)) tried.push(id);
    for (const id of tried) this.table.release(id);
    return tried;
  }

  /** How many of the clients each channel gets. */
  shares(clients: number, get: (client: number) => ChannelId = () => this.choose()): number[] {
    const shares = new Array<number>(this.table.size(0)).fill(0);
    for (let i = 0; i < clients; i++) shares[get(i)]++;
    return shares;
  }
}
