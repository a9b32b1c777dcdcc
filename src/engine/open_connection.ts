import type { ChannelId } from "../table/channel_id.ts";

/** How far a connection has come. `greeting`: the client has to say something first. `waiting`: for a place. */
export type ConnectionStage = "greeting" | "connecting" | "waiting" | "established";

/** An address and a port. */
export interface ConnectionEndpoint {
  /** Sixteen bytes; IPv4 as IPv4-mapped. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** A connection that has not ended. Times are milliseconds; moments are of the engine's clock. */
export interface OpenConnection {
  /** As in its record, once it has ended. */
  readonly id: number;
  readonly stage: ConnectionStage;
  readonly client: ConnectionEndpoint;
  /** Who connected, if a PROXY header named another client. */
  readonly peer?: ConnectionEndpoint;
  /** The port that it came to. */
  readonly localPort: number;
  /** The channel that it has, or that is being connected; NONE if there is none. */
  readonly channel: ChannelId;
  readonly accepted: number;
  /** When its channel accepted it; -1 if that has not happened. */
  readonly connected: number;
  /** In the queue; -1 if it was not there. */
  readonly queueMs: number;
  /** How long its channel took to accept; -1 if it has not. */
  readonly connectMs: number;
  /** From then to the channel's first byte; -1 if there has been none. */
  readonly firstByteMs: number;
  /** Bytes from client to channel so far. */
  readonly up: number;
  /** Bytes from channel to client so far. */
  readonly down: number;
}
