/** One attempt to reach a channel, in a record. */
export interface AttemptState {
  /** Number of the group. */
  readonly group: number;
  /** Number of the channel in the group; null when it has been removed since. */
  readonly channel: number | null;
  /** Where the connect went; empty when the channel has been removed since. */
  readonly address: string;
  /** `connected`, `refused`, `unreachable`, `timeout`, `reset`, `withdrawn`, `local` or `other`. */
  readonly result: string;
  /** Why, in words; empty if it succeeded. */
  readonly reason: string;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/**
 * What is known about one connection: at its end or, with `open`, while it lasts. Fields may be added, but none is
 * renamed, removed or given another meaning. Times are in milliseconds, and null if there was none.
 */
export interface RecordState {
  /** Letters and digits by which control commands know the connection. */
  readonly id: string;
  /** When it ended or, while it is open, when this was written: ISO 8601 in UTC. */
  readonly time: string;
  /** What operators call the service. */
  readonly service: string;
  /** Address and port of the client; with a PROXY header, of the one that it names. */
  readonly client: string;
  /** Address and port that connected, if a PROXY header names another client; otherwise null. */
  readonly peer: string | null;
  /** Port that it came to. */
  readonly port: number;
  /** Server name in its TLS ClientHello, if groups ask for that; null without one, and while it is open. */
  readonly sni: string | null;
  /** Number of the group of its channel; null without a channel. */
  readonly group: number | null;
  /** Number of its channel; null without a channel, or if that has been removed since. */
  readonly channel: number | null;
  /** What operators call the channel, or `removed`; missing if it has no name. */
  readonly name?: string;
  /** Address and port of its channel, or null. */
  readonly address: string | null;
  /** Channels that were tried, in order: the first seven and the last. Empty while it is open. */
  readonly attempts: readonly AttemptState[];
  /** How many channels were tried; 0 while it is open. */
  readonly attemptCount: number;
  /** For how long it waited for a place on a full channel (`--queue`). */
  readonly queueMs: number | null;
  /** How long the connect took that succeeded. */
  readonly connectMs: number | null;
  /** From that until the first byte came from the channel. */
  readonly firstByteMs: number | null;
  /** From accept to its end or, while it is open, until now. */
  readonly durationMs: number;
  /** Bytes from the client. */
  readonly up: number;
  /** Bytes to the client. */
  readonly down: number;
  /** How it ended, in one word such as `closed`, `idle` or `refused`; `open` while it lasts. */
  readonly end: string;
  /** Who ended it: `client`, `channel`, `balance`, `operator` or `machine`; empty while it is open. */
  readonly by: string;
  /** The same in words. */
  readonly reason: string;
  /** There while the connection lasts. */
  readonly open?: true;
  /** Connections at that moment, itself included; -1 where that is not known. */
  readonly now: {
    /** Of the service. */
    readonly service: number;
    /** Of the group. */
    readonly group: number;
    /** Of the channel. */
    readonly channel: number;
    /** Clients that waited for a place. */
    readonly queue: number;
  };
}
