/**
 * What a format of the connection log can show, by the letters behind `%`. Those that HAProxy has mean what they mean
 * there (its manual, "Custom log format"); times that there were not are -1, other things are `-`.
 */
export const logLetters = {
  ID: "id of the connection",
  ci: "client address",
  cp: "client port",
  pi: "address that connected: with --accept-proxy, the proxy's",
  pp: "its port",
  f: "service",
  fp: "port that the client came to",
  sni: "server name that the client asked for",
  b: "group",
  s: "channel: its name or number",
  si: "address of the channel",
  sp: "port of the channel",
  t: "when it came, such as 31/Dec/2026:23:59:59.999",
  T: "the same in UTC, without milliseconds",
  Ts: "the same in seconds since 1970",
  ms: "its milliseconds",
  start: "the same as ISO 8601",
  time: "when it ended, as ISO 8601",
  Tw: "milliseconds in the queue",
  Tc: "milliseconds of the connect",
  Tr: "from then to the first byte of the channel",
  Tt: "from accept to the end",
  U: "bytes from the client",
  B: "bytes to the client",
  ts: "how it ended, in two letters as HAProxy has them",
  end: "how it ended, in a word",
  by: "who ended it",
  reason: "how it ended and who ended it, in words and in quotes",
  tries: "channels that were tried, each with result and time",
  rc: "retries: channels tried before the last one",
  fc: "connections of the service at that moment",
  bc: "connections of the group",
  sc: "connections of the channel",
  bq: "clients in the queue",
  pid: "process id",
} as const;

/** The letters of one of them. */
export type LogLetter = keyof typeof logLetters;

/** A format, taken apart: text as it is, and letters. */
export type LogPart = { readonly text: string } | { readonly letter: LogLetter };

/** Takes a format apart. `%%` is a percent sign. @returns the unknown letters, with `%`, if there are any */
export function logParts(format: string): readonly LogPart[] | string {
  const parts: LogPart[] = [];
  for (const [, percent, letters, text] of format.matchAll(/(%%)|%([A-Za-z]*)|([^%]+)/g)) {
    if (letters === undefined) parts.push({ text: percent === undefined ? text : "%" });
    else if (Object.hasOwn(logLetters, letters)) parts.push({ letter: letters as LogLetter });
    else return `%${letters}`;
  }
  return parts;
}
