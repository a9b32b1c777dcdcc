import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { ageText, bytesText, countText, spanText } from "../log/quantities.ts";
import type { FailuresState } from "../state/failures_state.ts";
import type { RecordState } from "../state/record_state.ts";
import { columns } from "./columns.ts";
import { answer, refuse, type Reply, type Session } from "./command.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import { findChannel } from "./find_channel.ts";
import { toJson } from "./json.ts";
import { currentService } from "./service_commands.ts";

/** Connections that `show failed` shows by default. */
const SHOWN = 20;

const HEADINGS = ["ago", "id", "service", "client", "GRP", "#", "address", "after", "sent", "rcvd", "end", "why"];
const LEFT = new Set(["id", "service", "client", "address", "end", "why"]);

/** What `show failed` was asked for. */
interface Asked {
  most?: number;
  channel?: string;
  json?: true;
}

/** What `show failed [N] [channel CH] [json]` answers. */
export async function showFailed(words: readonly string[], session: Session, plane: ControlPlane): Promise<Reply> {
  const asked = read(words);
  if (typeof asked === "string") return refuse(asked);
  if (plane.failed === undefined) return refuse("this process does not remember which connections failed");
  const { most, channel: word, json } = asked;
  let channel: { service: ControlledService; group: number; number: number } | undefined;
  if (word !== undefined) {
    const service = currentService(session, plane);
    if ("ok" in service) return service;
    channel = { service, ...findChannel(service.groups, word, { group: session.group }) };
  }
  const state = await plane.failed({ most: most ?? (json ? undefined : SHOWN), channel });
  return answer(...json ? [toJson(state)] : lines(state, plane.services.length > 1, word));
}

/** What the words ask for, or what is wrong with them. */
function read(words: readonly string[]): Asked | string {
  const asked: Asked = {}, left = [...words];
  if (left.length > 0 && /^\d/.test(left[0])) {
    const word = left.shift()!;
    if (!/^0*[1-9]\d*$/.test(word)) return `invalid number of connections ${quote(word)}: give 1 or more`;
    asked.most = Number(word);
  }
  if (left[0] === "channel") {
    left.shift();
    asked.channel = left.shift();
    if (asked.channel === undefined) return "channel needs a channel: its number, name or address";
  }
  if (left[0] === "json") {
    left.shift();
    asked.json = true;
  }
  return left.length === 0 ? asked : `give [N] [channel CH] [json], not ${quote(left[0])}`;
}

/** @param channel the word for the channel that was asked for, if there was one */
function lines({ failed, ended, lost }: FailuresState, several: boolean, channel?: string): string[] {
  const all = Object.values(ended).reduce((sum, count) => sum + count, 0);
  const missing = lost === 0 ? [] : [`${countText(lost)} more were lost: they ended faster than they could be noted`];
  if (failed.length === 0) {
    const none = channel === undefined
      ? "none of those that have failed is known any more"
      : `of those that are known, none had channel ${quote(channel)} or tried it`;
    return [all === 0 ? "no connection has failed" : none, ...missing];
  }
  const own = several ? HEADINGS : HEADINGS.filter((heading) => heading !== "service"), now = Date.now();
  const rows = failed.map((record) => {
    const { id, service, client, durationMs, up, down, end, reason } = record,
      { group, channel, address } = placeOf(record);
    const age = ageText((now - Date.parse(record.time)) / 1000), cells = [age, id, ...several ? [service] : [], client];
    return [...cells, group, channel, address, spanText(durationMs), bytesText(up), bytesText(down), end, reason]
      .map(escape);
  });
  const counts = Object.entries(ended).sort(([, a], [, b]) => b - a).map(([end, count]) =>
    `${countText(count)} ${end}`
  );
  const sum = `${channel === undefined ? "" : "in all, "}${countText(all)} ${
    plural(all, "connection")
  } failed since the start: ${counts.join(", ")}`;
  return [...columns(own, rows, LEFT, "  "), sum, ...missing];
}

/** The channel that a connection had, or the last one that it tried. */
function placeOf({ group, channel, address, attempts }: RecordState): Record<"group" | "channel" | "address", string> {
  const last = group === null ? attempts.at(-1) : { group, channel, address };
  if (last === undefined) return { group: "-", channel: "-", address: "-" };
  return { group: String(last.group), channel: String(last.channel ?? "-"), address: last.address || "-" };
}
