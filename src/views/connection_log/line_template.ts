import { isMapped } from "../../table/address.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import type { RecordState } from "../../state/record_state.ts";
import { endpointText, isoTime } from "../records/describe.ts";
import type { LineBytes } from "./line_bytes.ts";
import type { LineForm } from "./line_form.ts";

/** Digits that times (ms) have behind the point. */
export type Digits = 1 | 3;

/** What stands in a line for what is different in each. */
const STAND_INS = {
  time: "~the time~",
  id: "~the id~",
  client: "~the client~",
  connect: 7100000000000.5,
  firstByte: 7200000000000.5,
  duration: 7300000000000.5,
  up: 7400000000000,
  down: 7500000000000,
  inService: 7600000000000,
  inGroup: 7700000000000,
  onChannel: 7800000000000,
  queue: 7900000000000,
} as const;

type Variable = keyof typeof STAND_INS;

const VARIABLES = new Map(Object.entries(STAND_INS).map(([name, text]) => [String(text), name as Variable]));
const VARIABLE = new RegExp(`(${Object.values(STAND_INS).join("|").replaceAll(".", "\\.")})`);

/** Bytes that all of these take at most, several times over: twenty digits each, and an address. */
const MOST = 2 * (VARIABLES.size * 20 + 60);

/** Milliseconds that are written as digits; with more, JavaScript has other ways. */
const LONGEST = 1e11;

/**
 * The line of a connection that ended well, with gaps for what differs from the next one: its form is worked out once,
 * and filling it in takes a quarter of the time.
 */
export class LineTemplate {
  /** Texts, and what stands between them. */
  readonly #texts: readonly Uint8Array[];
  readonly #variables: readonly Variable[];
  readonly #digits: Digits;
  readonly #most: number;

  /** @param state of a connection that `suits` */
  constructor(form: LineForm, digits: Digits, state: RecordState) {
    const { time, id, client, connect: connectMs, firstByte: firstByteMs, duration: durationMs, up, down } = STAND_INS;
    const line = form({
      ...state,
      ...{ time, id, client, connectMs, firstByteMs, durationMs, up, down },
      attempts: state.attempts.map((attempt) => ({ ...attempt, ms: connectMs })),
      now: {
        service: STAND_INS.inService,
        group: STAND_INS.inGroup,
        channel: STAND_INS.onChannel,
        queue: STAND_INS.queue,
      },
    });
    const parts = `${line}\n`.split(VARIABLE), encoder = new TextEncoder();
    this.#texts = parts.filter((_, i) => i % 2 === 0).map((text) => encoder.encode(text));
    this.#variables = parts.filter((_, i) => i % 2 === 1).map((text) => VARIABLES.get(text)!);
    this.#digits = digits;
    this.#most = this.#texts.reduce((sum, { length }) => sum + length, MOST);
  }

  /** Whether the record has all that templates have gaps for, and nothing that they have none for. */
  static suits(record: ConnectionRecord): boolean {
    const { end, by, attempts, connectMs, firstByteMs, durationMs, now } = record;
    if (end !== "closed" || by !== "client" && by !== "channel" || record.queueMs >= 0) return false;
    if (record.peer !== undefined || record.sni !== undefined || record.attemptCount !== 1) return false;
    const { ms, channel, result } = attempts[0];
    if (ms !== connectMs || channel !== record.channel || result !== "connected") return false;
    if (!(connectMs >= 0 && firstByteMs >= 0 && durationMs >= 0)) return false;
    if (connectMs >= LONGEST || firstByteMs >= LONGEST || durationMs >= LONGEST) return false;
    return now.service >= 0 && now.group >= 0 && now.channel >= 0 && now.queue >= 0;
  }

  /** Writes the line of a record that `suits`. @param ended when that was, in milliseconds since 1970 */
  write(record: ConnectionRecord, ended: number, to: LineBytes): void {
    const texts = this.#texts, variables = this.#variables;
    to.room(this.#most);
    for (let i = 0; i < variables.length; i++) {
      to.put(texts[i]);
      this.#variable(variables[i], record, ended, to);
    }
    to.put(texts[variables.length]);
    to.end();
  }

  #variable(variable: Variable, record: ConnectionRecord, ended: number, to: LineBytes): void {
    switch (variable) {
      case "time":
        return to.ascii(isoTime(ended));
      case "id":
        return to.integer(record.id, 36);
      case "client":
        return writeClient(record, to);
      case "connect":
        return this.#time(record.connectMs, to);
      case "firstByte":
        return this.#time(record.firstByteMs, to);
      case "duration":
        return this.#time(record.durationMs, to);
      case "up":
        return to.integer(record.up);
      case "down":
        return to.integer(record.down);
      case "inService":
        return to.integer(record.now.service);
      case "inGroup":
        return to.integer(record.now.group);
      case "onChannel":
        return to.integer(record.now.channel);
      case "queue":
        return to.integer(record.now.queue);
    }
  }

  #time(ms: number, to: LineBytes): void {
    const thousandths = Math.round(ms * 1000);
    to.thousandths(this.#digits === 3 ? thousandths : 100 * Math.round(10 * (thousandths / 1000)));
  }
}

function writeClient({ client }: ConnectionRecord, to: LineBytes): void {
  const { address, port } = client;
  if (!isMapped(address)) return to.ascii(endpointText(client));
  for (let i = 12; i < 16; i++) {
    to.integer(address[i]);
    to.character(i < 15 ? 46 : 58);
  }
  to.integer(port);
}
