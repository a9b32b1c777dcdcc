import { escape } from "../log/escape.ts";
import { countText } from "../log/quantities.ts";
import type { WhyChannelState, WhyGroupState, WhyState } from "../state/why_state.ts";
import { columns } from "./columns.ts";

const HEADINGS = ["try", "GRP", "#", "channel", "c", "maxc", "why"], LEFT = new Set(["channel", "why"]);

/** What becomes of a client when all has been tried. */
const THEN: Readonly<Record<string, string>> = {
  waits: "it waits in the queue",
  full: "it is turned away, as all the others are full",
  none: "it is turned away",
  "no-route": "it is turned away",
};

/** What `why CLIENT` shows: first what becomes of the client, then each channel. */
export function whyLines(state: WhyState): string[] {
  const rows = state.groups.flatMap(rowsOf)
    .sort((a, b) => a.order === b.order ? 0 : a.order - b.order).map(({ cells }) => cells);
  return [...verdictLines(state), ...rows.length === 0 ? [] : columns(HEADINGS, rows, LEFT)].map(escape);
}

/** What becomes of the client. Not escaped. */
export function verdictLines(state: WhyState): string[] {
  const { entry, attempts, then, reason } = state;
  return [
    `${subject(state)} ${
      entry.allowed ? `comes in${entry.reason === "" ? "" : `: ${entry.reason}`}` : `is refused: ${entry.reason}`
    }`,
    ...entry.delays.map((delay) => `it waits in the kernel's queue first: ${delay}`),
    `${entry.allowed ? "" : "if it came in: "}${attempts.length > 0 ? `goes to ${reason}` : reason}`,
    ...attempts.length > 0 ? [`if ${attempts.length === 1 ? "that" : "all that is tried"} fails, ${THEN[then]}`] : [],
  ];
}

/** As in "192.0.2.1 to port 443 of web, asking for www.example.com,". */
function subject({ client, port, service, says }: WhyState): string {
  const heard = says === null ? [] : [
    ...says.sni === "" ? [] : [`asks for ${says.sni}`],
    ...says.alpn.length === 0 ? [] : [`offers ${says.alpn.join(", ")}`],
    ...says.sni === "" && says.alpn.length === 0
      ? [says.proto === "none" ? "says nothing" : `speaks ${says.proto}`]
      : [],
  ];
  return [`${client} to port ${port} of service ${service}`, ...heard].join(", ") + (heard.length === 0 ? "" : ",");
}

/** A row of the table, and where it belongs: what would be tried comes first. */
interface Row {
  readonly order: number;
  readonly cells: readonly string[];
}

function rowsOf({ group, usable, reason, channels }: WhyGroupState): Row[] {
  if (!usable) return [{ order: Infinity, cells: ["-", String(group), "-", "-", "", "", reason] }];
  return channels.map((channel) => ({
    order: channel.attempt ?? Infinity,
    cells: [
      channel.attempt === null ? "-" : String(channel.attempt),
      String(group),
      String(channel.channel),
      placeOf(channel),
      countText(channel.current),
      channel.maxc === 0 ? "-" : countText(channel.maxc),
      channel.reason,
    ],
  }));
}

function placeOf({ name, address, host }: WhyChannelState): string {
  return name ?? (address || host);
}
