import { type ChannelId, groupOf, NONE } from "../table/channel_id.ts";
import { type ClientKey, compareClientKeys, formatClientKey } from "../table/sticky/client_key.ts";
import type { StickyEntry, StickyTable } from "../table/sticky/sticky.ts";
import type { Groups } from "./groups.ts";
import { named } from "./identities.ts";
import { readStickyState, type StickyState, writeStickyState } from "./sticky_state.ts";

/** A client address that comes back to its channel. */
export interface StickyClient {
  /** An IPv4 address, or the /64 of an IPv6 address. */
  readonly address: string;
  /** The group of its channel. */
  readonly group: number;
  /** Number of the channel in its group. */
  readonly channel: number;
  /** Host of the channel as it was given, a name or an address. */
  readonly host: string;
  /** TCP port of the channel, 0 for the port that the client came to. */
  readonly port: number;
  /** Connections of the address now. */
  readonly connections: number;
  /** Seconds until it is forgotten, if it does not come back; null while it has connections. */
  readonly left: number | null;
}

/** The clients of a service with `--sticky`, and their channels. Main thread only. */
export class StickyClients {
  readonly table: StickyTable;
  /** Seconds for which an address is remembered after its last connection has ended. */
  seconds: number;
  readonly #groups: Groups;

  constructor(groups: Groups, table: StickyTable, seconds: number) {
    this.#groups = groups;
    this.table = table;
    this.seconds = seconds;
  }

  /** All of them in the order of their addresses, or only that with this address. */
  list(key?: ClientKey): StickyClient[] {
    return this.#entries(key).sort(compareClientKeys).map((entry) => this.#clientOf(entry));
  }

  /** How many there are. */
  count(): number {
    return this.#entries().length;
  }

  /** Forgets one address, so that its next connection goes where the strategy sends it. @returns whether it was known */
  forget(key: ClientKey): boolean {
    const known = this.#entries(key).length > 0;
    this.table.forget(key);
    return known;
  }

  /** Forgets all addresses. @returns how many were known */
  forgetAll(): number {
    const count = this.count();
    this.table.clear();
    return count;
  }

  /** Everything, for another process. */
  state(): StickyState {
    return writeStickyState(this.#entries(), (id) => {
      return { group: groupOf(id), ...named(this.#groups, id) };
    });
  }

  /**
   * Goes on from another process's `state`. Channels are matched by group, host and port; clients of others are left
   * out. If there is an error, nothing has changed.
   *
   * @throws {TypeError} naming what is wrong with the state
   */
  restore(state: unknown): void {
    const { channels, clients } = readStickyState(state), { table } = this.#groups, taken = new Set<ChannelId>();
    const ids = channels.map(({ group, host, port }) => {
      const id = table.channels(group).find((id) => {
        const place = named(this.#groups, id);
        return !taken.has(id) && place.host === host && place.port === port;
      });
      if (id !== undefined) taken.add(id);
      return id;
    });
    for (const { high, low, channel, idle } of clients) {
      const id = ids[channel];
      if (id !== undefined) this.table.add({ high, low, channel: id, incarnation: table.incarnation(id), idle });
    }
  }

  /** Takes over what another table of the same service has, without its connections. */
  takeOver(other: StickyClients): void {
    for (const entry of other.#entries()) this.table.add(entry.connections > 0 ? { ...entry, idle: 0 } : entry);
  }

  /** Those whose channels still exist. */
  #entries(key?: ClientKey): StickyEntry[] {
    const entries: StickyEntry[] = [], { table } = this.#groups;
    const add = (entry: StickyEntry | undefined) => {
      if (entry === undefined || table.incarnation(entry.channel) !== entry.incarnation) return;
      if (table.numberOf(entry.channel) !== NONE) entries.push(entry);
    };
    if (key !== undefined) add(this.table.get(key, this.seconds));
    else this.table.forEach(this.seconds, add);
    return entries;
  }

  #clientOf(entry: StickyEntry): StickyClient {
    const { channel: id, connections, idle } = entry;
    return {
      address: formatClientKey(entry),
      group: groupOf(id),
      channel: this.#groups.table.numberOf(id),
      ...named(this.#groups, id),
      connections,
      left: connections > 0 ? null : Math.max(0, Math.round((this.seconds - idle) * 100) / 100),
    };
  }
}
