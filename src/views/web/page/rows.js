// @ts-check
/** From the state of the process to the rows of the table of channels: flat, filtered, sorted. Pure. */

/** @import { ChannelState } from "../../../state/channel_state.ts" */
/** @import { ServiceState } from "../../../state/service_state.ts" */
/** @import { InstanceState } from "../../../state/state.ts" */
/** @import { Look, Problem, Status } from "./channel_status.js" */
import { LOOKS, problemOf, statusOf } from "./channel_status.js";
import { duration } from "./format.js";
import { wordFilter } from "./word_filter.js";

/**
 * One channel with what is known around it.
 *
 * @typedef {{
 *   readonly key: string, readonly service: string, readonly group: number, readonly type: string,
 *   readonly channel: ChannelState, readonly status: Status, readonly problems: readonly Problem[], readonly title: string,
 *   readonly found: string,
 * }} Row
 */

/** @typedef {{ readonly column: string, readonly down: boolean }} Order */

/** What a column sorts by, and whether the largest values come first at the first click. @type {Record<string, { by: (row: Row) => number | string, down: boolean }>} */
export const COLUMNS = {
  place: { by: () => 0, down: false },
  state: { by: ({ status }) => LOOKS.indexOf(status.look), down: false },
  name: { by: ({ title }) => title, down: false },
  current: { by: ({ channel }) => channel.current, down: true },
  rate: { by: ({ channel }) => channel.rate, down: true },
  connect: { by: ({ channel }) => channel.times.connect?.p99 ?? -1, down: true },
  firstByte: { by: ({ channel }) => channel.times.firstByte?.p99 ?? -1, down: true },
  total: { by: ({ channel }) => channel.total, down: true },
  failed: { by: ({ channel }) => channel.failed, down: true },
  sent: { by: ({ channel }) => channel.sent, down: true },
  rcvd: { by: ({ channel }) => channel.rcvd, down: true },
  oldest: { by: ({ channel }) => channel.oldest ?? -1, down: true },
  problem: { by: ({ problems: [first] }) => first === undefined ? Infinity : first.seconds ?? 0, down: false },
};

/** @param {ServiceState} service @param {number} group @param {number} channel */
export const keyOf = ({ name }, group, channel) => `${name}/${group}/${channel}`;

/** All channels of one service, or of all. @param {InstanceState} state @param {string} [only] */
export function rowsOf({ services, started, uptime }, only) {
  // By the clock of the program, which may not be that of the browser.
  const now = Date.parse(started) + uptime * 1000;
  /** @type {Row[]} */
  const rows = [];
  for (const service of services) {
    if (only !== undefined && service.name !== only) continue;
    for (const { group, type, channels } of service.groups) {
      for (const channel of channels) {
        const status = statusOf(channel), title = channel.name ?? hostOf(channel);
        const problems = channel.troubles.map((trouble) => problemOf(trouble, now, duration));
        const words = [
          service.name,
          `group ${group}`,
          title,
          channel.host,
          channel.address,
          channel.port,
          status.word,
          ...problems.map(({ text }) => text),
        ];
        rows.push({
          key: keyOf(service, group, channel.channel),
          ...{ service: service.name, group, type, channel, status, problems, title },
          found: words.join(" ").toLowerCase(),
        });
      }
    }
  }
  return rows;
}

/** @param {ChannelState} channel */
const hostOf = ({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Those in which each word of the filter occurs; a word behind a minus must not. @param {readonly Row[]} rows @param {string} filter */
export function filtered(rows, filter) {
  const passes = wordFilter(filter);
  return rows.filter(({ found }) => passes(found));
}

/** In the order of a column; those that are equal stay in the order of their numbers. @param {readonly Row[]} rows @param {Order} order */
export function sorted(rows, { column, down }) {
  const { by } = COLUMNS[column], sign = down ? -1 : 1;
  if (column === "place") return down ? rows.toReversed() : rows;
  return rows.map((row) => ({ row, value: by(row) })).sort((a, b) => sign * compare(a.value, b.value))
    .map(({ row }) => row);
}

/** @param {number | string} a @param {number | string} b */
function compare(a, b) {
  if (typeof a === "string") return a.localeCompare(String(b), "en", { numeric: true });
  return a < Number(b) ? -1 : a > Number(b) ? 1 : 0;
}

/** How many look how. @param {readonly Row[]} rows */
export function tally(rows) {
  const counts = /** @type {Record<Look, number>} */ ({ down: 0, warn: 0, draining: 0, off: 0, up: 0 });
  for (const { status } of rows) counts[status.look]++;
  return counts;
}

/** The whole in one line, and how bad it is. @param {readonly Row[]} rows @param {boolean} held whether new clients have to wait @returns {Status} */
export function verdict(rows, held) {
  const status = verdictOnChannels(rows);
  if (!held) return status;
  return { look: "down", word: status.look === "up" ? "new clients wait" : `${status.word}, new clients wait` };
}

/** @param {readonly Row[]} rows @returns {Status} */
function verdictOnChannels(rows) {
  const counts = tally(rows), all = rows.length, usable = counts.up + counts.warn;
  if (all === 0) return { look: "off", word: "no channels" };
  if (usable === 0) return { look: "down", word: counts.down > 0 ? "no channel is up" : "all channels are off" };
  if (counts.down > 0) return { look: "down", word: `${words(rows, "down")} of ${all}` };
  if (counts.warn > 0) return { look: "warn", word: `${words(rows, "warn")} of ${all}` };
  if (usable < all) return { look: "up", word: `all up but ${words(rows, "draining", "off")}` };
  return { look: "up", word: all === 1 ? "the channel is up" : `all ${all} up` };
}

/** As in `2 failing, 1 down`: how many are in which of the states that look so. @param {readonly Row[]} rows @param {...Look} looks */
function words(rows, ...looks) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { status: { look, word } } of rows) {
    if (looks.includes(look)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}
