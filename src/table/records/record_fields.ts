import { type ChannelId, NONE } from "../channel_id.ts";
import type { Attempts } from "./attempts.ts";
import type { ByNumber, EndNumber } from "./ends.ts";
import { AT, ATTEMPT, LONGEST_SNI, NUMBER, TEXT, WORD } from "./record_layout.ts";
import type { ResultNumber } from "./results.ts";

/**
 * The fields of the record that a thread is writing. What is not written says that there was none: -1 for times, ports of
 * peers and numbers of connections, NONE for the channel, 0 for bytes. Allocates nothing.
 */
export class RecordFields {
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #text: Uint8Array;
  /** Where the record begins, in doubles, words and bytes. */
  #number = 0;
  #word = 0;
  #byte = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#text = new Uint8Array(buffer);
  }

  /** @internal Begins the record at this byte. */
  begin(at: number): void {
    this.#number = at / 8;
    this.#word = (at + AT.WORDS) / 4;
    this.#byte = at + AT.TEXT;
    this.times(-1, -1, -1, -1);
    this.bytes(0, 0);
    this.channel(NONE, 0);
    this.now(-1, -1, -1, -1);
    this.#words[this.#word + WORD.PEER_PORT] = -1;
    this.#words[this.#word + WORD.SNI_LENGTH] = this.#words[this.#word + WORD.ATTEMPT_COUNT] = 0;
  }

  /** Which connection. @param accepted milliseconds of the engine's clock */
  connection(id: number, service: number, accepted: number, localPort: number): void {
    const at = this.#number;
    this.#numbers[at + NUMBER.ID] = id;
    this.#numbers[at + NUMBER.SERVICE] = service;
    this.#numbers[at + NUMBER.ACCEPTED] = accepted;
    this.#words[this.#word + WORD.LOCAL_PORT] = localPort;
  }

  /** Whose it is: sixteen bytes of `address` from `offset` on. */
  client(address: Uint8Array, port: number, offset = 0): void {
    this.#words[this.#word + WORD.CLIENT_PORT] = port;
    this.#address(TEXT.CLIENT, address, offset);
  }

  /** Who connected, if a PROXY header named another client. */
  peer(address: Uint8Array, port: number, offset = 0): void {
    this.#words[this.#word + WORD.PEER_PORT] = port;
    this.#address(TEXT.PEER, address, offset);
  }

  /**
   * How long it took (ms), each -1 if there was no such thing.
   *
   * @param queueMs in the queue
   * @param connectMs of the connect that succeeded
   * @param firstByteMs from then to the channel's first byte
   * @param durationMs from accept to end
   */
  times(queueMs: number, connectMs: number, firstByteMs: number, durationMs: number): void {
    const at = this.#number, numbers = this.#numbers;
    numbers[at + NUMBER.QUEUE] = queueMs;
    numbers[at + NUMBER.CONNECT] = connectMs;
    numbers[at + NUMBER.FIRST_BYTE] = firstByteMs;
    numbers[at + NUMBER.DURATION] = durationMs;
  }

  /** What was relayed: `up` from client to channel, `down` the other way. */
  bytes(up: number, down: number): void {
    this.#numbers[this.#number + NUMBER.UP] = up;
    this.#numbers[this.#number + NUMBER.DOWN] = down;
  }

  /** The channel that it had. @param incarnation tells it apart from others that had its row */
  channel(channel: ChannelId, incarnation: number): void {
    this.#words[this.#word + WORD.CHANNEL] = channel;
    this.#words[this.#word + WORD.INCARNATION] = incarnation;
  }

  /** How it ended. @param detail errno of a reset or a failure; for a refusal, the place of its reason in `REFUSALS` */
  end(end: EndNumber, by: ByNumber, detail = 0): void {
    const at = this.#word;
    this.#words[at + WORD.END] = end;
    this.#words[at + WORD.BY] = by;
    this.#words[at + WORD.DETAIL] = detail;
  }

  /** Connections at its end, itself included, and clients that waited. */
  now(service: number, group: number, channel: number, queue: number): void {
    const at = this.#word, words = this.#words;
    words[at + WORD.IN_SERVICE] = service;
    words[at + WORD.IN_GROUP] = group;
    words[at + WORD.IN_CHANNEL] = channel;
    words[at + WORD.IN_QUEUE] = queue;
  }

  /** The channels that were tried, where one failed. Without a call: none, or the one that it had. */
  attempts(attempts: Attempts): void {
    const { list } = attempts;
    for (let i = 0; i < list.length; i++) {
      const { channel, result, errno, ms } = list[i];
      this.attempt(i, channel, result, errno, ms);
    }
    this.#words[this.#word + WORD.ATTEMPT_COUNT] = attempts.count;
  }

  /** One of them: number `i`, up to 7. */
  attempt(i: number, channel: ChannelId, result: ResultNumber, errno: number, ms: number): void {
    const at = this.#word + WORD.ATTEMPTS + i * ATTEMPT.WORDS;
    this.#words[at + ATTEMPT.CHANNEL] = channel;
    this.#words[at + ATTEMPT.WHAT] = errno << 4 | result;
    this.#floats[at + ATTEMPT.MS] = ms;
    this.#words[this.#word + WORD.ATTEMPT_COUNT] = i + 1;
  }

  /** The server name that the client asked for; only its first 64 characters are kept. */
  sni(name: string): void {
    const length = Math.min(name.length, LONGEST_SNI), at = this.#byte + TEXT.SNI;
    for (let i = 0; i < length; i++) this.#text[at + i] = name.charCodeAt(i);
    this.#words[this.#word + WORD.SNI_LENGTH] = length;
  }

  #address(at: number, address: Uint8Array, offset: number): void {
    // A loop, because a view would be garbage.
    for (let i = 0, to = this.#byte + at; i < 16; i++) this.#text[to + i] = address[offset + i];
  }
}
