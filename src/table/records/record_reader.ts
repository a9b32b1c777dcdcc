import type { ConnectionRecord, RecordedAttempt } from "./connection_record.ts";
import { ENDS, PARTIES } from "./ends.ts";
import { AT, ATTEMPT, ATTEMPTS, NUMBER, TEXT, WORD } from "./record_layout.ts";
import { RESULT, RESULTS } from "./results.ts";
import { StoredEndpoint } from "./stored_endpoint.ts";

/** Reads records in the rings' memory. */
export class RecordReader {
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #text: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#text = new Uint8Array(buffer);
  }

  /** A copy of the record at this byte. */
  read(at: number): ConnectionRecord {
    const numbers = this.#numbers, words = this.#words, number = at / 8, word = (at + AT.WORDS) / 4;
    const text = at + AT.TEXT, channel = words[word + WORD.CHANNEL], connectMs = numbers[number + NUMBER.CONNECT];
    const peerPort = words[word + WORD.PEER_PORT], count = words[word + WORD.ATTEMPT_COUNT];
    const first = count === 0 && channel >= 0;
    return {
      id: numbers[number + NUMBER.ID],
      service: numbers[number + NUMBER.SERVICE],
      accepted: numbers[number + NUMBER.ACCEPTED],
      queueMs: numbers[number + NUMBER.QUEUE],
      connectMs,
      firstByteMs: numbers[number + NUMBER.FIRST_BYTE],
      durationMs: numbers[number + NUMBER.DURATION],
      up: numbers[number + NUMBER.UP],
      down: numbers[number + NUMBER.DOWN],
      channel,
      incarnation: words[word + WORD.INCARNATION],
      end: ENDS[words[word + WORD.END]],
      by: PARTIES[words[word + WORD.BY]],
      detail: words[word + WORD.DETAIL],
      client: new StoredEndpoint(words, (text + TEXT.CLIENT) / 4, words[word + WORD.CLIENT_PORT]),
      peer: peerPort < 0 ? undefined : new StoredEndpoint(words, (text + TEXT.PEER) / 4, peerPort),
      localPort: words[word + WORD.LOCAL_PORT],
      sni: this.#sni(text + TEXT.SNI, words[word + WORD.SNI_LENGTH]),
      attempts: first
        ? [{ channel, result: RESULTS[RESULT.CONNECTED], errno: 0, ms: connectMs }]
        : this.#attempts(word + WORD.ATTEMPTS, count),
      attemptCount: first ? 1 : count,
      now: {
        service: words[word + WORD.IN_SERVICE],
        group: words[word + WORD.IN_GROUP],
        channel: words[word + WORD.IN_CHANNEL],
        queue: words[word + WORD.IN_QUEUE],
      },
    };
  }

  #attempts(at: number, count: number): RecordedAttempt[] {
    const attempts: RecordedAttempt[] = [], words = this.#words;
    for (let i = 0; i < Math.min(count, ATTEMPTS.ALL); i++, at += ATTEMPT.WORDS) {
      const what = words[at + ATTEMPT.WHAT], result = RESULTS[what & 15];
      attempts.push({
        channel: words[at + ATTEMPT.CHANNEL],
        result,
        errno: what >> 4,
        ms: this.#floats[at + ATTEMPT.MS],
      });
    }
    return attempts;
  }

  #sni(at: number, length: number): string | undefined {
    return length === 0 ? undefined : String.fromCharCode(...this.#text.subarray(at, at + length));
  }
}
