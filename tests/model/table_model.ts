/** A simple account of what a balancer's table must say, written from the manual and not from the program. */
import { hashAddress, preference } from "../../src/selection/strategies/hash.ts";

/** 127.0.0.1, from where all clients of the model come, as sixteen bytes. */
const CLIENT = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1);

/** One channel. */
export interface ModelChannel {
  /** Number of the back end that it leads to. */
  backend: number;
  operator: boolean;
  machine: boolean;
  maxc: number;
  /** 0 or 1. */
  weight: number;
  current: number;
  total: number;
  failed: number;
  sent: number;
  rcvd: number;
  failing: boolean;
}

/** One group. */
export interface ModelGroup {
  strategy: "rr" | "hash";
  /** Whose turn it is, for Round Robin. */
  cursor: number;
  readonly channels: ModelChannel[];
}

/** One established connection. */
export interface ModelConnection {
  readonly channel: ModelChannel;
  /** The back end it reached, which stays when the channel gets another address. */
  readonly backend: number;
}

export function newChannel(backend: number, operator = false): ModelChannel {
  const counters = { current: 0, total: 0, failed: 0, sent: 0, rcvd: 0 };
  return { backend, operator, machine: false, maxc: 0, weight: 1, failing: false, ...counters };
}

export class TableModel {
  readonly groups: ModelGroup[];
  /** Which back ends accept. */
  readonly up: boolean[];
  connections: ModelConnection[] = [];
  /** The group that commands refer to. */
  group = 0;
  readonly #autodisable: boolean;
  readonly #hashFailover: boolean;

  constructor(groups: readonly (readonly number[])[], backends: number, autodisable: boolean, hashFailover: boolean) {
    this.groups = Array.from({ length: 3 }, (_, group) => ({
      strategy: "rr" as const,
      cursor: 0,
      channels: (groups[group] ?? []).map((backend) => newChannel(backend)),
    }));
    this.up = Array(backends).fill(true);
    this.#autodisable = autodisable;
    this.#hashFailover = hashFailover;
  }

  /** The channel that the session's commands mean by a number, if there is one. */
  channel(number: number): ModelChannel | undefined {
    return this.groups[this.group].channels[number];
  }

  /** A client comes. @returns the connection it gets, if any */
  connect(): ModelConnection | undefined {
    for (const group of this.groups) {
      const tried = new Set<ModelChannel>();
      for (let channel = this.#next(group, tried); channel !== undefined; channel = this.#next(group, tried)) {
        tried.add(channel);
        channel.total++;
        if (this.up[channel.backend]) {
          channel.current++;
          channel.failing = false;
          const connection = { channel, backend: channel.backend };
          this.connections.push(connection);
          return connection;
        }
        channel.failed++;
        channel.failing = true;
        if (this.#autodisable) channel.machine = true;
      }
    }
    return undefined;
  }

  /** A connection is over. */
  closed(connection: ModelConnection): void {
    this.connections = this.connections.filter((other) => other !== connection);
    connection.channel.current--;
  }

  /** The client's own channel, and with -H all of them, in its own order. */
  #hashOrder(size: number, again: boolean): number[] {
    const hash = hashAddress(CLIENT), own = again ? [] : [hash % size];
    const others = this.#hashFailover ? Array.from({ length: size }, (_, number) => number) : [];
    return [...own, ...others.sort((a, b) => preference(hash, b) - preference(hash, a))];
  }

  #next(group: ModelGroup, tried: ReadonlySet<ModelChannel>): ModelChannel | undefined {
    const { channels } = group, size = channels.length;
    const usable = (channel: ModelChannel) =>
      !channel.operator && !channel.machine && channel.weight > 0 && !tried.has(channel) &&
      (channel.maxc === 0 || channel.current < channel.maxc);
    if (size === 0) return undefined;
    const order = group.strategy === "rr"
      ? channels.map((_, step) => (group.cursor + step) % size)
      : this.#hashOrder(size, tried.size > 0);
    for (const number of order) {
      if (!usable(channels[number])) continue;
      if (group.strategy === "rr") group.cursor = (number + 1) % size;
      return channels[number];
    }
    return undefined;
  }
}
