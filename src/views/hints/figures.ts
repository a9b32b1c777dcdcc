import type { End } from "../../table/records/ends.ts";

/** What happened to one channel over a stretch of time. */
export interface ChannelFigures {
  readonly group: number;
  /** Its number in the group. */
  readonly channel: number;
  /** Where its connections go, for people. */
  readonly address: string;
  /** Connections given to it, failed ones included. */
  readonly given: number;
  /** Connections with it that ended. */
  readonly ended: number;
  /** Those that it ended without having said anything. */
  readonly empty: number;
  /** Those of them that it ended within 50 ms. */
  readonly brief: number;
  /** Connections in a row, the latest ones of all, over which a client said something and got nothing. */
  readonly unanswered: number;
  /** Whether channels of its group have ever said anything. */
  readonly answers: boolean;
  /** Whether its connections begin with a PROXY header. */
  readonly proxy: boolean;
  /** How long its last connects took (ms), sorted. */
  connectTimes(): Float64Array;
}

/** What happened to a group. */
export interface GroupFigures {
  readonly group: number;
  /** Whether the client's address alone decides about the channel. */
  readonly byAddress: boolean;
  /** Channels that may be chosen. */
  readonly usable: number;
  /** Those that it has. */
  readonly channels: readonly ChannelFigures[];
}

/** What happened to a service. */
export interface ServiceFigures {
  /** Length of the stretch. */
  readonly seconds: number;
  /** Seconds after which silent connections are closed; 0 for never. */
  readonly idleTimeout: number;
  readonly groups: readonly GroupFigures[];
  /** How many connections ended so; without a word, how many ended. */
  ended(end?: End): number;
}

/** What an operator may want to know, with the figures that prove it. */
export interface Finding {
  /** Text with the names of values in braces. */
  readonly text: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/**
 * What a rule says about a stretch of time: a finding; that what it looks for is not there; or undefined, if too little has
 * happened to say either.
 */
export type Verdict = Finding | "no" | undefined;

/** A rule about single channels, groups or the service. */
export type Rule =
  | {
    readonly kind: string;
    readonly about: "channel";
    look(channel: ChannelFigures, service: ServiceFigures): Verdict;
  }
  | { readonly kind: string; readonly about: "group"; look(group: GroupFigures, service: ServiceFigures): Verdict }
  | { readonly kind: string; readonly about: "service"; look(service: ServiceFigures): Verdict };

/** How text about a channel begins, and the values that it names. */
export function aboutChannel({ group, channel, address }: ChannelFigures): Finding {
  return { text: "group {group} channel {channel} ({address})", values: { group, channel, address } };
}
