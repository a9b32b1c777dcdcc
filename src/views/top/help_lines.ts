import { type Line, line, span } from "./line.ts";
import { meaningLines } from "./channel_status.ts";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["up down j k", "choose a channel; PgUp, PgDn, Home and End go further"],
  ["left right < >", "sort by another column"],
  ["r", "sort the other way round"],
  ["/", "show only channels with these words; Esc shows all"],
  ["d e x c", "drain, enable, disable it, close its connections; asks first"],
  ["w", "why: where would a client go, or what became of a connection"],
  ["f", "the last connections that ended badly"],
  ["p", "pause or resume"],
  ["q Ctrl-C", "leave; q leads back from here"],
];

export function helpLines(unicode: boolean): Line[] {
  const title = (text: string) => line(span(text, "bold"));
  return [
    title("Keys"),
    ...KEYS.map(([keys, what]) => line("  ", span(keys.padEnd(16), "bold"), what)),
    title("States"),
    ...meaningLines(unicode),
    title("Columns"),
    line("  connect, 1st byte: half of its latest connections took no longer; p99: 99 %"),
    line("  up/s, down/s: bytes per second from clients, and to clients"),
    line("  The bars are new connections in the last minute, red when 1 of 10 ended badly."),
  ];
}
