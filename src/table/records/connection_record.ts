import type { ChannelId } from "../channel_id.ts";
import { type End, ENDS, PARTIES, type Party } from "./ends.ts";
import { AT, ATTEMPT, ATTEMPTS, NUMBER, TEXT, WORD } from "./record_layout.ts";
import { RESULT, type Result, RESULTS } from "./results.ts";

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

/** Reads the record at a byte of the rings' memory. What it returns is a copy. */
export function readRecord(buffer: SharedArrayBuffer, at: number): ConnectionRecord {
  const numbers = new Float64Array(buffer, at, NUMBER.DOUBLES);
  const words = new Int32Array(buffer, at + AT.WORDS, WORD.WORDS);
  const text = new Uint8Array(buffer, at + AT.TEXT, TEXT.BYTES);
  const channel = words[WORD.CHANNEL], connectMs = numbers[NUMBER.CONNECT], peerPort = words[WORD.PEER_PORT];
  const sniLength = words[WORD.SNI_LENGTH];
  let attemptCount = words[WORD.ATTEMPT_COUNT], attempts = readAttempts(buffer, at, attemptCount);
  if (attemptCount === 0 && channel >= 0) {
    attemptCount = 1;
    attempts = [{ channel, result: RESULTS[RESULT.CONNECTED], errno: 0, ms: connectMs }];
  }
  return {
    id: numbers[NUMBER.ID],
    service: numbers[NUMBER.SERVICE],
    accepted: numbers[NUMBER.ACCEPTED],
    queueMs: numbers[NUMBER.QUEUE],
    connectMs,
    firstByteMs: numbers[NUMBER.FIRST_BYTE],
    durationMs: numbers[NUMBER.DURATION],
    up: numbers[NUMBER.UP],
    down: numbers[NUMBER.DOWN],
    channel,
    incarnation: words[WORD.INCARNATION],
    end: ENDS[words[WORD.END]],
    by: PARTIES[words[WORD.BY]],
    detail: words[WORD.DETAIL],
    client: { address: text.slice(TEXT.CLIENT, TEXT.CLIENT + 16), port: words[WORD.CLIENT_PORT] },
    peer: peerPort < 0 ? undefined : { address: text.slice(TEXT.PEER, TEXT.PEER + 16), port: peerPort },
    localPort: words[WORD.LOCAL_PORT],
    sni: sniLength === 0 ? undefined : String.fromCharCode(...text.subarray(TEXT.SNI, TEXT.SNI + sniLength)),
    attempts,
    attemptCount,
    now: {
      service: words[WORD.IN_SERVICE],
      group: words[WORD.IN_GROUP],
      channel: words[WORD.IN_CHANNEL],
      queue: words[WORD.IN_QUEUE],
    },
  };
}

function readAttempts(buffer: SharedArrayBuffer, at: number, count: number): RecordedAttempt[] {
  const attempts: RecordedAttempt[] = [];
  for (let i = 0; i < Math.min(count, ATTEMPTS.ALL); i++) {
    const view = new DataView(buffer, at + AT.WORDS + (WORD.ATTEMPTS + i * ATTEMPT.WORDS) * 4, ATTEMPT.WORDS * 4);
    const what = view.getInt32(ATTEMPT.WHAT * 4, true);
    attempts.push({
      channel: view.getInt32(ATTEMPT.CHANNEL * 4, true),
      result: RESULTS[what & 15],
      errno: what >> 4,
      ms: view.getFloat32(ATTEMPT.MS * 4, true),
    });
  }
  return attempts;
}
