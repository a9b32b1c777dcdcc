import { quote } from "../../log/escape.ts";
import type { LogLetter } from "../../options/log_letters.ts";
import type { AttemptState, RecordState } from "../../state/record_state.ts";
import { hostOf, portOf } from "./endpoint_parts.ts";
import { haproxyState } from "./haproxy_state.ts";

/** Text of one letter for one connection. */
export type Letter = (record: RecordState) => string;

/** What each letter of a format stands for. */
export const letters: Readonly<Record<LogLetter, Letter>> = {
  ID: ({ id }) => id,
  ci: ({ client }) => hostOf(client),
  cp: ({ client }) => portOf(client),
  pi: ({ client, peer }) => hostOf(peer ?? client),
  pp: ({ client, peer }) => portOf(peer ?? client),
  f: ({ service }) => service,
  fp: ({ port }) => String(port),
  sni: ({ sni }) => sni ?? "-",
  b: ({ group }) => group === null ? "-" : String(group),
  s: channelName,
  si: ({ address }) => address === null ? "-" : hostOf(address),
  sp: ({ address }) => address === null ? "-" : portOf(address),
  t: (record) => localTime(accepted(record)),
  T: (record) => utcTime(accepted(record)),
  Ts: (record) => String(Math.floor(accepted(record) / 1000)),
  ms: (record) => digits(accepted(record) % 1000, 3),
  start: (record) => new Date(accepted(record)).toISOString(),
  time: ({ time }) => time,
  Tw: ({ queueMs }) => whole(queueMs),
  Tc: ({ connectMs }) => whole(connectMs),
  Tr: ({ firstByteMs }) => whole(firstByteMs),
  Tt: ({ durationMs }) => whole(durationMs),
  U: ({ up }) => String(up),
  B: ({ down }) => String(down),
  ts: ({ end }) => haproxyState(end),
  end: ({ end }) => end,
  by: ({ by }) => by === "" ? "-" : by,
  reason: ({ reason }) => quote(reason),
  tries: ({ attempts }) => attempts.length === 0 ? "-" : attempts.map(attemptText).join(";"),
  rc: ({ attemptCount }) => String(Math.max(0, attemptCount - 1)),
  fc: ({ now }) => String(now.service),
  bc: ({ now }) => String(now.group),
  sc: ({ now }) => String(now.channel),
  bq: ({ now }) => String(now.queue),
  pid: () => String(Deno.pid),
};

/** An attempt in one word: `0/1:refused:0.2`. */
export function attemptText({ group, channel, result, ms }: AttemptState): string {
  return `${group}/${channel ?? "removed"}:${result}:${decimal(ms)}`;
}

/** Milliseconds with at most one digit behind the point. */
export function decimal(ms: number): string {
  const tenths = Math.round(10 * ms), rest = tenths % 10;
  // Of integers, because the text of a fraction takes several times as long.
  return rest === 0 ? String(tenths / 10) : `${(tenths - rest) / 10}.${rest}`;
}

function channelName({ channel, name }: RecordState): string {
  return name ?? (channel === null ? "-" : String(channel));
}

/** When a connection was accepted that ended at `ended`, both in milliseconds since 1970. */
export function acceptedAt(ended: number, durationMs: number): number {
  return Math.round(ended - durationMs);
}

function accepted({ time, durationMs }: RecordState): number {
  return acceptedAt(Date.parse(time), durationMs);
}

/** Whole milliseconds, -1 if there was no such time. */
export function whole(ms: number | null): string {
  return ms === null ? "-1" : String(Math.round(ms));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function digits(number: number, count: number): string {
  return String(number).padStart(count, "0");
}

/** The last second that was written in local time, since that takes longer than the rest of a line. */
let second = NaN, secondText = "";

/** As HAProxy writes it, in local time. @param milliseconds since 1970 */
export function localTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000);
  if (whole !== second) {
    const date = new Date(milliseconds), two = (number: number) => digits(number, 2);
    const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
    secondText = `${day}:${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
    second = whole;
  }
  return `${secondText}.${digits(milliseconds - 1000 * whole, 3)}`;
}

/** The same in UTC, without milliseconds. */
export function utcTime(milliseconds: number): string {
  const date = new Date(milliseconds), two = (number: number) => digits(number, 2);
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${[date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":")} +0000`;
}
