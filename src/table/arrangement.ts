import { type Address, type HostBytes, parseHost } from "./address.ts";
import type { Addresses } from "./addresses.ts";
import { type ChannelId, channelId, groupOf } from "./channel_id.ts";
import { DisabledBy } from "./disabled_by.ts";
import type { EnabledChannels } from "./enabled_channels.ts";
import { CHANNEL, PROXY } from "./layout.ts";
import { MAX_CHANNELS } from "./limits.ts";
import { isScheduled, isShuffled, type Orders, sizeOf } from "./order.ts";
import type { Rotation } from "./rotation.ts";
import { smoothSchedule } from "./smooth_schedule.ts";
import { Vacancies } from "./vacancies.ts";
import type { Weights } from "./weights.ts";

/** A channel to be added. */
export interface NewRow {
  readonly address: Address;
  /** Most simultaneous connections, default 0, no limit. */
  readonly maxc?: number;
  /** `DisabledBy` bits, default 0. */
  readonly disabledBy?: number;
  /** 0 to 256, default 1. */
  readonly weight?: number;
  /** See `Table.identity`. Default 0, none. */
  readonly identity?: number;
  /** One of `PROXY`. Default: as its service. */
  readonly proxy?: number;
}

/** What else changes with a group's list of channels, in the same step. */
export interface Rearranged {
  /** Weights of channels that stay and get another one. */
  readonly weights?: ReadonlyMap<ChannelId, number>;
  /** Number of the condition that clients must meet to get the group's channels, 0 for none. Default: as before. */
  readonly condition?: number;
}

/** The parts of a table that change with its list of channels. */
interface Parts {
  /** The rows of all channels. */
  readonly channels: Int32Array;
  readonly orders: Orders;
  readonly rotation: Rotation;
  readonly enabled: EnabledChannels;
  readonly addresses: Addresses;
  /** A row gets another channel: what was counted for the one before is not this one's. */
  readonly reused: (id: ChannelId) => void;
  readonly weights: Weights;
}

/** Which channels a group has, and in which order: how that changes. Main thread only. */
export class Arrangement {
  readonly vacancies: Vacancies;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.vacancies = new Vacancies(parts.channels, parts.orders);
  }

  /** Adds a channel at the end, in the row of its number if possible. See `Table.addChannel`. */
  add(group: number, row: NewRow): ChannelId | undefined {
    const { orders } = this.#parts, order = orders.of(group), next = channelId(group, sizeOf(order));
    if (sizeOf(order) >= MAX_CHANNELS) return undefined;
    const plain = !isShuffled(order) && this.vacancies.isUnused(next);
    const id = plain ? next : this.vacancies.of(group)[0];
    if (id === undefined) return undefined;
    this.#fill(id, parseHost(row.address.host), row);
    this.#publish(group, [...orders.list(group), id]);
    return id;
  }

  /** Changes a channel's weight, and who has which turn. See `Table.setWeight`. */
  weigh(id: ChannelId, weight: number): void {
    const { orders, weights } = this.#parts, group = groupOf(id), list = orders.list(group);
    if (weights.of(id) === weight) return;
    weights.set(id, weight);
    if (list.includes(id) && (isScheduled(orders.of(group)) || !this.#sameWeights(list))) this.#publish(group, list);
  }

  /** Gives the group these channels. See `Table.rearrange`. */
  change(
    group: number,
    wanted: readonly (ChannelId | NewRow)[],
    { weights = new Map(), condition }: Rearranged = {},
  ): ChannelId[] {
    const { orders, enabled } = this.#parts, before = orders.list(group), vacant = this.vacancies.of(group);
    const kept = wanted.filter((each) => typeof each === "number"), added = wanted.length - kept.length;
    if (wanted.length > MAX_CHANNELS) throw new RangeError(`Cannot arrange group: more than ${MAX_CHANNELS} channels`);
    if (added > vacant.length) {
      throw new RangeError(`Cannot arrange group: ${added} new channels, but ${vacant.length} vacant rows`);
    }
    if (new Set(kept).size < kept.length || kept.some((id) => !before.includes(id))) {
      throw new RangeError(`Cannot arrange group: one of ${kept} is not a channel of group ${group} or there twice`);
    }
    // First all that can fail.
    const hosts = wanted.map((each) => typeof each === "number" ? undefined : parseHost(each.address.host));
    let next = 0;
    const after = wanted.map((each, i) => {
      if (typeof each === "number") return each;
      const id = vacant[next++];
      this.#fill(id, hosts[i]!, each);
      return id;
    });
    for (const [id, weight] of weights) this.#parts.weights.set(id, weight);
    const sequence = this.#publish(group, after, condition), staying = new Set(after);
    for (const id of before) {
      if (staying.has(id)) continue;
      this.vacancies.removed(id, sequence);
      enabled.disable(id, DisabledBy.REMOVED);
    }
    return after;
  }

  /**
   * Makes this list the group's order, with turns by their weights.
   *
   * @param condition default: the one that the group has
   * @returns its sequence
   */
  #publish(group: number, list: readonly ChannelId[], condition?: number): number {
    const { orders, rotation, weights } = this.#parts, before = orders.listTurns(group);
    const schedule = smoothSchedule(list.map((id) => weights.of(id)));
    const sequence = orders.publish(group, list, schedule, condition ?? orders.condition(group, orders.of(group)));
    rotation.translate(group, before, orders.listTurns(group));
    return sequence;
  }

  #sameWeights(list: readonly ChannelId[]): boolean {
    const { weights } = this.#parts, all = list.map((id) => weights.of(id)).filter((weight) => weight > 0);
    return all.every((weight) => weight === all[0]);
  }

  /** Makes a vacant row the row of a new channel. */
  #fill(
    id: ChannelId,
    host: HostBytes,
    { address, maxc = 0, disabledBy = 0, weight = 1, identity, proxy }: NewRow,
  ): void {
    const { channels, addresses, enabled, reused, weights } = this.#parts;
    if (!this.vacancies.isUnused(id)) reused(id);
    Atomics.add(channels, id * CHANNEL.WORDS + CHANNEL.INCARNATION, 1);
    addresses.write(id, host, address.port);
    Atomics.store(channels, id * CHANNEL.WORDS + CHANNEL.MAXC, maxc);
    Atomics.store(channels, id * CHANNEL.WORDS + CHANNEL.PROXY, proxy ?? PROXY.INHERITED);
    enabled.set(id, disabledBy);
    weights.begin(id, weight, identity);
    if (enabled.disabledBy(id) === 0) enabled.onReturn?.(id);
  }
}
