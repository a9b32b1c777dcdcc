/** A simple account of one service, written from the manual and not from the program: who may get which channel. */
import { parseHost } from "../../src/table/address.ts";
import { hashAddress } from "../../src/selection/strategies/hash.ts";

/** Strategies, and what `show` calls them. */
export const LABELS = { rr: "RR", hash: "Hash", least: "LC", random: "Rand", stable: "Stab", first: "1st" } as const;

export type StrategyName = keyof typeof LABELS;

/** Who keeps a channel from clients, as `show json` says it. */
export type Reason = "operator" | "weight" | "drain" | "maintenance" | "down";

/** Strategies with which a client has a channel of its own and takes no other of the group. */
export const OWN: readonly StrategyName[] = ["hash"];

/** Strategies that groups may have. In a queue, who has a channel of its own waits for that, which is a test of its own. */
export function strategies(queue: boolean): readonly StrategyName[] {
  return queue ? ["rr", "least", "random", "first"] : ["rr", "rr", "least", "random", "first", "hash", "stable"];
}

/** A channel in the file. No two lead to the same back end. */
export interface ChannelText {
  readonly backend: number;
  readonly maxc: number;
  readonly weight: number;
}

/** Clients that a group may be for: none knows them but by their addresses. */
export const SOME = ["127.0.0.1-127.0.0.3", "127.0.0.3-127.0.0.6"] as const;

/** A group in the file. */
export interface GroupText {
  readonly strategy: StrategyName;
  /** Which clients it is for. Default: all. */
  readonly from?: typeof SOME[number];
  readonly channels: readonly ChannelText[];
}

/** What a run of the test does not change. */
export interface Setting {
  readonly queue: boolean;
  readonly sticky: boolean;
  readonly checks: boolean;
  /** Whether groups may be for some clients only. */
  readonly routes: boolean;
}

export class AccountChannel {
  readonly backend: number;
  maxc: number;
  weight: number;
  /** What operators have done to it. */
  readonly reasons = new Set<Reason>();
  current = 0;
  text: ChannelText;

  constructor(text: ChannelText) {
    this.backend = text.backend;
    this.maxc = text.maxc;
    this.weight = text.weight;
    this.text = text;
  }

  get room(): number {
    return this.maxc === 0 ? Infinity : Math.max(0, this.maxc - this.current);
  }
}

export class AccountGroup {
  strategy: StrategyName = "rr";
  from: GroupText["from"];
  channels: AccountChannel[] = [];

  /** Whether clients from this address may use it. */
  isFor(address: string): boolean {
    if (this.from === undefined) return true;
    const [first, last] = this.from.split("-").map(hostNumber), number = hostNumber(address);
    return first <= number && number <= last;
  }

  /** The file's channels become these; what operators have made of those that stay remains. */
  follow(before: GroupText | undefined, after: GroupText): void {
    if ((before?.strategy ?? "rr") !== after.strategy) this.strategy = after.strategy;
    this.from = after.from;
    this.channels = after.channels.map((text) => {
      const channel = this.channels.find(({ backend }) => backend === text.backend);
      if (channel === undefined) return new AccountChannel(text);
      if (channel.text.maxc !== text.maxc) channel.maxc = text.maxc;
      if (channel.text.weight !== text.weight) channel.weight = text.weight;
      channel.text = text;
      return channel;
    });
  }
}

/** What a client that comes may expect. */
export interface Expectation {
  /** It gets one of these. */
  readonly channels: readonly AccountChannel[];
  /** What becomes of it if there is none. */
  readonly otherwise: "waits" | "turned away";
  /** The channel for which it waits, if it would rather have that than any other. */
  readonly home?: AccountChannel;
  /** Whether it surely gets one, if there is any. */
  readonly isCertain: boolean;
}

export class Account {
  readonly groups: readonly AccountGroup[];
  /** The channel that each address had last; "unknown" when several came at the same time. */
  readonly homes = new Map<string, AccountChannel | "unknown">();
  readonly #setting: Setting;
  readonly #isUp: (backend: number) => boolean;
  #text: readonly GroupText[] = [];
  /** What the stable hash has chosen for an address among the same channels. */
  readonly #stable = new Map<string, number>();

  constructor(setting: Setting, text: readonly GroupText[], isUp: (backend: number) => boolean) {
    this.#setting = setting;
    this.#isUp = isUp;
    this.groups = text.map(() => new AccountGroup());
    this.follow(text);
  }

  get channels(): AccountChannel[] {
    return this.groups.flatMap(({ channels }) => channels);
  }

  /** The channels that clients from this address may use. */
  channelsFor(address: string): AccountChannel[] {
    return this.groups.filter((group) => group.isFor(address)).flatMap(({ channels }) => channels);
  }

  follow(text: readonly GroupText[]): void {
    this.groups.forEach((group, number) => group.follow(this.#text[number], text[number]));
    this.#text = text;
  }

  /** Who keeps a channel from clients. */
  reasons(channel: AccountChannel): Set<Reason> {
    const all = new Set(channel.reasons);
    if (channel.weight === 0) all.add("weight");
    if (this.#setting.checks && !all.has("maintenance") && !this.#isUp(channel.backend)) all.add("down");
    return all;
  }

  /** Whether a client that comes may get the channel, and gets an answer there. */
  takes(channel: AccountChannel): boolean {
    return this.reasons(channel).size === 0 && channel.room > 0 && this.#isUp(channel.backend);
  }

  /** Channels that would take clients if they had room. */
  get full(): AccountChannel[] {
    return this.#fullOf(this.channels);
  }

  /** Those of them that clients from this address may use. */
  fullFor(address: string): AccountChannel[] {
    return this.#fullOf(this.channelsFor(address));
  }

  #fullOf(channels: readonly AccountChannel[]): AccountChannel[] {
    return channels.filter((channel) => this.reasons(channel).size === 0 && channel.room === 0);
  }

  /**
   * Whether checks alone keep some clients from every channel that they may use. They may be wrong, and clients get the
   * channels all the same.
   */
  get allDown(): boolean {
    return ["127.0.0.1", "127.0.0.3", "127.0.0.6"].some((address) => {
      const all = this.channelsFor(address).map((channel) => this.reasons(channel));
      return all.every(({ size }) => size > 0) && all.some((reasons) => reasons.size === 1 && reasons.has("down"));
    });
  }

  /** How many clients can come, in all groups or in one. */
  room(channels: readonly AccountChannel[] = this.channels): number {
    return channels.filter((channel) => this.takes(channel)).reduce((sum, { room }) => sum + room, 0);
  }

  expect(address: string): Expectation {
    const full = this.fullFor(address), usable = this.channelsFor(address);
    const otherwise = this.#setting.queue && full.length > 0 ? "waits" : "turned away";
    const home = this.#setting.sticky ? this.homes.get(address) : undefined;
    if (home === "unknown") {
      const channels = usable.filter((channel) => this.takes(channel));
      return { channels, otherwise, isCertain: this.groups.every(({ strategy }) => !OWN.includes(strategy)) };
    }
    if (home !== undefined && usable.includes(home) && this.takes(home)) {
      return { channels: [home], otherwise, isCertain: true };
    }
    if (home !== undefined && this.#setting.queue && full.includes(home)) {
      return { channels: [], otherwise: "waits", home, isCertain: true };
    }
    const all: AccountChannel[] = [];
    for (const group of this.groups.filter((group) => group.isFor(address))) {
      const { channels, isCertain } = this.#choices(group, address);
      all.push(...channels);
      if (isCertain && channels.length > 0) return { channels: all, otherwise, isCertain: true };
    }
    return { channels: all, otherwise, isCertain: false };
  }

  /** A client has a channel. */
  arrived(address: string, channel: AccountChannel): void {
    const group = this.groups.find(({ channels }) => channels.includes(channel));
    if (group?.strategy === "stable" && !this.#setting.sticky) {
      const free = group.channels.filter((channel) => this.takes(channel));
      this.#stable.set(stableKey(free, address), channel.backend);
    }
    channel.current++;
    this.homes.set(address, channel);
  }

  /** What a group has for a client; whether it surely gets that, if it is anything. */
  #choices({ strategy, channels }: AccountGroup, address: string): Pick<Expectation, "channels" | "isCertain"> {
    const free = channels.filter((channel) => this.takes(channel)),
      only = (backend: number | undefined) => {
        return { channels: free.filter((channel) => channel.backend === backend), isCertain: true };
      };
    switch (strategy) {
      case "first":
        return only(free[0]?.backend);
      case "hash":
        // Without -H, a client whose own channel takes nobody goes to the next group.
        return only(channels[hashAddress(addressBytes(address)) % channels.length]?.backend);
      case "stable": {
        const own = this.#stable.get(stableKey(free, address));
        return own === undefined ? { channels: free, isCertain: true } : only(own);
      }
      case "least": {
        const load = ({ current, weight }: AccountChannel) => (current + 1) / weight,
          least = Math.min(...free.map(load));
        const isIdle = free.every(({ current }) => current === 0);
        return { channels: free.filter((channel) => isIdle || load(channel) === least), isCertain: true };
      }
      default:
        return { channels: free, isCertain: true };
    }
  }
}

/** The last part of an IPv4 address. */
function hostNumber(address: string): number {
  return Number(address.slice(address.lastIndexOf(".") + 1));
}

/** An address and the channels and weights of which it always prefers the same one. */
function stableKey(channels: readonly AccountChannel[], address: string): string {
  return [address, ...channels.map(({ backend, weight }) => `${backend}:${weight}`).sort()].join(" ");
}

/** An IPv4 address as strategies see it. */
function addressBytes(address: string): Uint8Array {
  return parseHost(address).bytes;
}
