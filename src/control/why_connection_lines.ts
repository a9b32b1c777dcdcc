import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { ageText, bytesText, countText, spanText } from "../log/quantities.ts";
import type { AttemptState, RecordState } from "../state/record_state.ts";
import type { Party } from "../table/records/ends.ts";
import type { WhyConnectionState } from "../state/why_state.ts";
import { verdictLines } from "./why_lines.ts";

/** What `why ID` shows: the story of a connection, and what would become of its client now. @param now ms since 1970 */
export function connectionLines({ connection, again }: WhyConnectionState, now: number): string[] {
  const lines = [head(connection, now), ...story(connection), end(connection, now), ...around(connection)];
  if (again !== null) {
    const { client, port, says } = again, sni = says === null || says.sni === "" ? "" : ` sni ${says.sni}`;
    const more = `more: why ${client} ${port}${sni}`;
    lines.push("", "if this client came again now:", ...verdictLines(again).map((line) => `  ${line}`), `  ${more}`);
  }
  return lines.map(escape);
}

function head({ id, client, peer, port, service, sni, durationMs, time, open }: RecordState, now: number): string {
  const came = now - Date.parse(time) + durationMs, via = peer === null ? "" : `, through ${peer}`;
  const name = sni === null ? "" : `, asked for ${quote(sni)}`;
  return `connection ${id}: ${client} came to port ${port} of service ${service}${via}${name} ${
    ageText(came / 1000)
  } ago${open ? ", still open" : ""}`;
}

/** What happened on the way to a channel, and there. */
function story(record: RecordState): string[] {
  const { queueMs, connectMs, firstByteMs, up, down, attempts, attemptCount, group } = record, lines: string[] = [];
  if (queueMs !== null) lines.push(`  waited ${spanText(queueMs)} in the queue`);
  const left = attemptCount - attempts.length;
  for (const [i, attempt] of attempts.entries()) {
    if (left > 0 && i === attempts.length - 1) lines.push(`  … ${countText(left)} more ${plural(left, "attempt")}`);
    lines.push(`  ${attemptText(attempt, record)}`);
  }
  if (attempts.length === 0 && group !== null) {
    const how = connectMs === null ? "being connected" : `connected after ${spanText(connectMs)}`;
    lines.push(`  ${placeText(record)}: ${how}`);
  }
  if (connectMs !== null) {
    const first = firstByteMs === null ? "nothing came from the channel" : `first byte after ${spanText(firstByteMs)}`;
    lines.push(`  ${first}; ${bytesText(up)} from the client, ${bytesText(down)} to it`);
  }
  return lines;
}

function attemptText(attempt: AttemptState, { channel, group, name }: RecordState): string {
  const { address, result, reason, ms } = attempt, own = attempt.channel === channel && attempt.group === group;
  const place = placeText({ ...attempt, address: address || null, name: own ? name : undefined });
  return `${place}: ${result} after ${spanText(ms)}${reason === "" || reason === result ? "" : `, ${reason}`}`;
}

function placeText(
  { group, channel, name, address }: Pick<RecordState, "group" | "channel" | "name" | "address">,
): string {
  if (channel === null) return `a channel of group ${group} that has been removed since`;
  const details = [name, address].filter((detail) => detail !== undefined && detail !== null);
  return `group ${group} channel ${channel} (${details.join(", ")})`;
}

/** How it ended, or what it is doing. */
function end({ open, end, by, reason, time, durationMs }: RecordState, now: number): string {
  if (open) return `  open for ${spanText(durationMs)}${reason === "" ? "" : `: ${reason}`}`;
  const ago = ageText((now - Date.parse(time)) / 1000);
  return `  ended after ${spanText(durationMs)}, ${ago} ago, by ${WHO[by as Party] ?? by}: ${end}, ${reason}`;
}

const WHO: Readonly<Record<Party, string>> = {
  client: "the client",
  channel: "the channel",
  balance: "the balancer",
  operator: "an operator",
  machine: "this machine",
};

/** Connections at that moment, as far as they were counted. */
function around({ now: { service, group, channel, queue } }: RecordState): string[] {
  const counts = [
    ...service < 0 ? [] : [`${countText(service)} of the service`],
    ...group < 0 ? [] : [`${countText(group)} of the group`],
    ...channel < 0 ? [] : [`${countText(channel)} of the channel`],
    ...queue <= 0 ? [] : [`${countText(queue)} in the queue`],
  ];
  return counts.length === 0 ? [] : [`  connections at that moment: ${counts.join(", ")}`];
}
