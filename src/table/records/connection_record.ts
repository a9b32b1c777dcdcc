import type { ChannelId } from "../channel_id.ts";
import type { End, Party } from "./ends.ts";
import type { Result } from "./results.ts";

/** An address and a port. */
export interface RecordedEndpoint {
  /** Sixteen bytes; IPv4 as IPv4-mapped. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** An attempt to connect a channel. */
export interface RecordedAttempt {
  readonly channel: ChannelId;
  readonly result: Result;
  /** 0 if there is none. */
  readonly errno: number;
  /** Milliseconds from the beginning of the connect to its result. */
  readonly ms: number;
}

/** A connection at its end. Times are milliseconds; `accepted` is of the engine's clock. */
export interface ConnectionRecord {
  /** Unique among all connections of the engine. */
  readonly id: number;
  /** Number of its service in the engine. */
  readonly service: number;
  readonly accepted: number;
  /** In the queue; -1 if it was not there. */
  readonly queueMs: number;
  /** Of the connect that succeeded; -1 if none did. */
  readonly connectMs: number;
  /** From then to the channel's first byte; -1 if there was none. */
  readonly firstByteMs: number;
  /** From accept to end. */
  readonly durationMs: number;
  /** Bytes from client to channel. */
  readonly up: number;
  /** Bytes from channel to client. */
  readonly down: number;
  /** The channel that it had, or NONE. */
  readonly channel: ChannelId;
  /** `Table.incarnation` of it at that time: if the table says another by now, the row is another channel's. */
  readonly incarnation: number;
  readonly end: End;
  readonly by: Party;
  /** Errno of a reset or failure, 0 if unknown; for clients that were not let in, the place of the reason in `REFUSALS`. */
  readonly detail: number;
  readonly client: RecordedEndpoint;
  /** Who connected, if a PROXY header named another client. */
  readonly peer: RecordedEndpoint | undefined;
  /** The port that it came to. */
  readonly localPort: number;
  /** The server name that it asked for, its first 64 characters. */
  readonly sni: string | undefined;
  /** Channels that were tried: the first seven and the last. */
  readonly attempts: readonly RecordedAttempt[];
  /** How many were tried. */
  readonly attemptCount: number;
  /** Connections when it ended, itself included; `queue`: clients that waited. -1 where that is not known. */
  readonly now: {
    readonly service: number;
    readonly group: number;
    readonly channel: number;
    readonly queue: number;
  };
}
