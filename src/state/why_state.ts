/**
 * What `why … json` says. Fields may be added, but none is renamed, removed or given another meaning.
 *
 * @module
 */

import type { RecordState } from "./record_state.ts";

/** What `why ID json` says. */
export interface WhyConnectionState {
  /** What became of the connection. */
  readonly connection: RecordState;
  /** What would become of its client if it came again now; null if its service, or its port, is gone. */
  readonly again: WhyState | null;
}

/** What would become of a client that came to a service now, in `why CLIENT json`. */
export interface WhyState {
  /** What operators call the service. */
  readonly service: string;
  /** The client's address. */
  readonly client: string;
  /** The port that it comes to. */
  readonly port: number;
  /** What it says first; null if nothing is known about that. */
  readonly says: {
    /** `tls`, `ssh`, `http`, or `none` for nothing. */
    readonly proto: string;
    /** Server name of its TLS ClientHello; empty if there is none. */
    readonly sni: string;
    /** Protocols that it offers (ALPN). */
    readonly alpn: readonly string[];
  } | null;
  /** Whether it comes in. */
  readonly entry: EntryState;
  /**
   * What becomes of it once it is in: `channel`, it is connected to the first of `attempts`; `waits`, it waits in the
   * queue; `full`, it is turned away because all that it may use is full; `none`, because there is nothing that it may
   * use; `no-route`, because no group is for it.
   */
  readonly outcome: string;
  /** The same in words, with the channel. */
  readonly reason: string;
  /** What becomes of it if all `attempts` fail: as `outcome`, but not `channel`. */
  readonly then: string;
  /** Channels in the order in which they would be tried, each after the one before has failed. */
  readonly attempts: readonly WhyAttemptState[];
  /** Groups that have channels. */
  readonly groups: readonly WhyGroupState[];
}

/** Whether a client comes in. */
export interface EntryState {
  /** Whether it is let in. */
  readonly allowed: boolean;
  /**
   * Why it is refused, or would be if it were no dry run (`--access-dry-run`): one of the reasons in `access.refused` of
   * `show json`, or null.
   */
  readonly refused: string | null;
  /** The rule that decides; null if none is about this client. */
  readonly rule: {
    /** Who has made it: `operator` at run time, or `option`. */
    readonly by: string;
    /** `allow` or `deny`. */
    readonly action: string;
    /** Its networks. */
    readonly networks: string;
  } | null;
  /** Whether it must say with a PROXY header for whom it speaks. That client counts then, not this one. */
  readonly proxy: boolean;
  /** All of it in words; empty if there is nothing to say. */
  readonly reason: string;
  /** Why it first waits in the kernel's queue, in words; empty if it does not. */
  readonly delays: readonly string[];
}

/** A channel that would be tried. */
export interface WhyAttemptState {
  /** Number of the group. */
  readonly group: number;
  /** Number of the channel in the group. */
  readonly channel: number;
  /** Where the connect would go. */
  readonly address: string;
}

/** A group, as the client meets it. */
export interface WhyGroupState {
  /** Number of the group. */
  readonly group: number;
  /** Its distribution, as `show` calls it. */
  readonly type: string;
  /** Whether it is for this client. */
  readonly usable: boolean;
  /** For which clients it is, as on the command line; null if it is for all. */
  readonly conditions: string | null;
  /** Why it is not for this client, in words; empty if it is. */
  readonly reason: string;
  /** In the order of their numbers. */
  readonly channels: readonly WhyChannelState[];
}

/** A channel, as the client meets it. */
export interface WhyChannelState {
  /** Number in its group. */
  readonly channel: number;
  /** What operators call it, or null. */
  readonly name: string | null;
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** Numeric address and port; empty while the host does not resolve. */
  readonly address: string;
  /** Which attempt it is, from 1; null if it would not be tried. Where chance decides, likelier ones come first. */
  readonly attempt: number | null;
  /**
   * What counts against it: `operator`, `autodisable`, `drain`, `maintenance`, `weight`, `down`, `unresolved`; `full`;
   * `queue`, clients who came earlier wait for it; `rests`, after a failed connect; `condition`, its group is not for this
   * client; `other`, clients of this strategy keep to one channel, and this client's is another one. Channels that rest or
   * are down are tried all the same when nothing better is left.
   */
  readonly against: readonly string[];
  /** Why it would be tried then, or not at all, in words. */
  readonly reason: string;
  /** Whether the client had it before and comes back to it (`--sticky`). */
  readonly before: boolean;
  /** Its place in the order in which this client would try the group's channels if all were available, or null. */
  readonly rank: number | null;
  /** How likely it is the first of its group to be tried, from 0 to 1; null where chance does not decide. */
  readonly chance: number | null;
  /** Connections at this moment. */
  readonly current: number;
  /** Most connections at a time, 0 for no limit. */
  readonly maxc: number;
  /** Its share of the clients, relative to the other channels of the group. */
  readonly weight: number;
  /** How much of its weight it gets as yet (`--slow-start`), above 0 to 1. */
  readonly share: number;
  /** Seconds for which it rests; 0 if it does not. */
  readonly rests: number;
}
