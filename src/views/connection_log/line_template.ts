import type { RecordState } from "../../state/record_state.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { type Gap, GAPS, WIDEST_GAP, withStandIns } from "./gaps.ts";
import type { LineBytes } from "./line_bytes.ts";
import type { LineForm } from "./line_form.ts";

/** The texts of stand-ins; where one begins with another, the longer one first. */
const STAND_IN = new RegExp(
  `(${
    [...GAPS.keys()].sort((a, b) => b.length - a.length)
      .map((text) => text.replaceAll(/[.+[\]]/g, "\\$&")).join("|")
  })`,
);

/** Milliseconds that are written as digits: as nanoseconds, longer ones are not exact. */
const LONGEST = 9e9;

/**
 * The line of a connection that ended well, with gaps for what differs from the next one: its form is worked out once,
 * and filling it in takes a fraction of the time.
 */
export class LineTemplate {
  /** Texts, and what stands between them. */
  readonly #texts: readonly Uint8Array[];
  readonly #gaps: readonly Gap[];
  readonly #most: number;

  /** @param state of a connection that `suits` */
  constructor(form: LineForm, state: RecordState) {
    const parts = `${form(withStandIns(state))}\n`.split(STAND_IN), encoder = new TextEncoder();
    this.#texts = parts.filter((_, i) => i % 2 === 0).map((text) => encoder.encode(text));
    this.#gaps = parts.filter((_, i) => i % 2 === 1).map((text) => GAPS.get(text)!);
    this.#most = this.#texts.reduce((sum, { length }) => sum + length, this.#gaps.length * WIDEST_GAP);
  }

  /** Whether the record has all that templates have gaps for, and nothing that they have none for. */
  static suits(record: ConnectionRecord): boolean {
    const { end, by, attempts, connectMs, firstByteMs, durationMs, now } = record;
    if (end !== "closed" || by !== "client" && by !== "channel" || record.queueMs >= 0) return false;
    if (record.peer !== undefined || record.sni !== undefined || record.attemptCount !== 1) return false;
    const { ms, channel, result } = attempts[0];
    if (ms !== connectMs || channel !== record.channel || result !== "connected") return false;
    if (!(connectMs >= 0 && durationMs >= 0)) return false;
    if (connectMs >= LONGEST || firstByteMs >= LONGEST || durationMs >= LONGEST) return false;
    return now.service >= 0 && now.group >= 0 && now.channel >= 0 && now.queue >= 0;
  }

  /** Writes the line of a record that `suits`. @param ended when that was, in whole milliseconds since 1970 */
  write(record: ConnectionRecord, ended: number, to: LineBytes): void {
    const texts = this.#texts, gaps = this.#gaps;
    to.room(this.#most);
    for (let i = 0; i < gaps.length; i++) {
      to.put(texts[i]);
      gaps[i](to, record, ended);
    }
    to.put(texts[gaps.length]);
    to.end();
  }
}
