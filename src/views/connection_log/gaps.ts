import { formatHost } from "../../table/address.ts";
import type { ConnectionRecord, RecordedEndpoint } from "../../table/records/connection_record.ts";
import { ipv4Of } from "../../table/records/stored_endpoint.ts";
import type { RecordState } from "../../state/record_state.ts";
import { isoTime, milliseconds } from "../records/describe.ts";
import { ecsStart, nanoseconds } from "./ecs_record.ts";
import { acceptedAt, decimal, letters, localTime, utcTime, whole } from "./letters.ts";
import type { LineBytes } from "./line_bytes.ts";

/** Writes what differs from one line to the next. @param ended in whole milliseconds since 1970 */
export type Gap = (to: LineBytes, record: ConnectionRecord, ended: number) => void;

/** Stands in a line for what is different in each: values that no record has, so that none is taken for another. */
const STAND_INS = {
  id: "~the id~",
  // Less the duration, it is before 1970, and rounds to another millisecond than it is cut to.
  time: "2200-01-01T00:00:00.155Z",
  client: "~the client~:7010000000000",
  connectMs: 7100000000000.678,
  firstByteMs: 7200000000000.678,
  durationMs: 7300000000000.678,
  up: 7400000000000,
  down: 7500000000000,
  now: { service: 7600000000000, group: 7700000000000, channel: 7800000000000, queue: 7900000000000 },
} as const;

/** The state of a connection in which stand-ins are in place of what differs. */
export function withStandIns(state: RecordState): RecordState {
  const { client } = STAND_INS, { attempts } = state;
  return {
    ...state,
    ...STAND_INS,
    client: state.client.startsWith("[") ? client.replace(/.*(?=:)/, "[$&]") : client,
    firstByteMs: state.firstByteMs === null ? null : STAND_INS.firstByteMs,
    attempts: attempts.map((attempt) => ({ ...attempt, ms: STAND_INS.connectMs })),
  };
}

/** What fills the gap in which a stand-in's text stands, by that text. */
export const GAPS: ReadonlyMap<string, Gap> = new Map(gaps());

/** Bytes that one of them takes at most. */
export const WIDEST_GAP = 60;

function* gaps(): Generator<[string, Gap]> {
  const { id, client, up, down, now, durationMs, time } = STAND_INS, [host, port] = client.split(":");
  const state = STAND_INS as unknown as RecordState;
  yield [id, (to, { id }) => to.integer(id, 36)];
  yield [host, (to, { client }) => writeHost(to, client)];
  yield [port, (to, { client }) => to.decimal(client.port)];
  yield* timeGaps(STAND_INS.connectMs, ({ connectMs }) => connectMs);
  yield* timeGaps(STAND_INS.firstByteMs, ({ firstByteMs }) => firstByteMs);
  yield* timeGaps(durationMs, ({ durationMs }) => durationMs);
  yield [String(nanoseconds(durationMs)), (to, record) => to.decimal(nanoseconds(milliseconds(record.durationMs)))];
  yield [String(up), (to, { up }) => to.decimal(up)];
  yield [String(down), (to, { down }) => to.decimal(down)];
  yield [String(now.service), (to, { now }) => to.decimal(now.service)];
  yield [String(now.group), (to, { now }) => to.decimal(now.group)];
  yield [String(now.channel), (to, { now }) => to.decimal(now.channel)];
  yield [String(now.queue), (to, { now }) => to.decimal(now.queue)];

  const start = ({ durationMs }: ConnectionRecord, ended: number) => acceptedAt(ended, milliseconds(durationMs));
  const ended = momentWriter(isoTime, "Z"), ecs = momentWriter(isoTime, "Z"), iso = momentWriter(isoTime, "Z");
  const local = momentWriter(localTime), utc = momentWriter(utcTime, null);
  yield [time, (to, _, at) => ended(to, at)];
  yield [
    isoTime(ecsStart(Date.parse(time), durationMs)),
    (to, { durationMs }, at) => ecs(to, ecsStart(at, milliseconds(durationMs))),
  ];
  yield [letters.start(state), (to, record, at) => iso(to, start(record, at))];
  yield [letters.t(state), (to, record, at) => local(to, start(record, at))];
  yield [letters.T(state), (to, record, at) => utc(to, start(record, at))];
  yield [letters.Ts(state), (to, record, at) => to.decimal(Math.floor(start(record, at) / 1000))];
  yield [letters.ms(state), (to, record, at) => to.threeDigits(start(record, at) % 1000)];
}

/** A time (ms), as JSON, text and letters have it. */
function* timeGaps(standIn: number, of: (record: ConnectionRecord) => number): Generator<[string, Gap]> {
  yield [String(standIn), (to, record) => to.thousandths(Math.round(1000 * of(record)))];
  yield [decimal(standIn), (to, record) => to.tenths(Math.round(10 * milliseconds(of(record))))];
  yield [whole(standIn), (to, record) => to.decimal(Math.round(milliseconds(of(record))))];
}

/**
 * Writes moments. What stands before the milliseconds is kept for the next ones, because it takes longer than the rest
 * of a line.
 *
 * @param tail what stands behind the milliseconds; null if there are none
 */
function momentWriter(textOf: (ms: number) => string, tail: string | null = "") {
  const encoder = new TextEncoder();
  let second = NaN, head = new Uint8Array(0);
  return (to: LineBytes, ms: number) => {
    const whole = Math.floor(ms / 1000);
    if (whole !== second) {
      const text = textOf(1000 * whole);
      head = encoder.encode(tail === null ? text : text.slice(0, text.length - 3 - tail.length));
      second = whole;
    }
    to.put(head);
    if (tail === null) return;
    to.threeDigits(ms - 1000 * whole);
    if (tail !== "") to.character(tail.charCodeAt(0));
  };
}

function writeHost(to: LineBytes, endpoint: RecordedEndpoint): void {
  const word = ipv4Of(endpoint);
  if (word === undefined) return to.ascii(formatHost(endpoint.address));
  for (let shift = 24; shift >= 0; shift -= 8) {
    to.decimal(word >> shift & 0xff);
    if (shift > 0) to.character(46);
  }
}
