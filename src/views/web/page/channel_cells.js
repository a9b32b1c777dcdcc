// @ts-check
/** The columns of the table of channels: their heads, and what a cell shows. */

/** @import { Room } from "./fitting_columns.js" */
/** @import { Row } from "./rows.js" */
import { badge, element, setAttribute, setBadge, setText } from "./elements.js";
import { bytes, count, duration, hostAndPort, NOTHING, rate } from "./format.js";

/**
 * @typedef {Room & {
 *   readonly head: string, readonly title: string, readonly number?: boolean,
 *   make?(cell: HTMLElement): void, show(cell: HTMLElement, row: Row, several: boolean): void,
 * }} Column
 */

/** @param {Room} room @param {string} head @param {string} title @param {(row: Row) => string} text @returns {Column} */
const figure = (room, head, title, text) => ({
  ...room,
  ...{ head, title, number: true },
  show: (cell, row) => setText(cell, text(row)),
});

/** Milliseconds without their unit, which the head has. @param {number} value */
const ms = (value) =>
  value < 9.95 ? value.toFixed(1) : value < 999.5 ? count(Math.round(value)) : `${(value / 1000).toFixed(1)}s`;

/** @param {{ median: number, p99: number } | null} times */
const pair = (times) => times === null ? NOTHING : `${ms(times.median)} / ${ms(times.p99)}`;

/** @type {readonly Column[]} */
export const columns = [
  {
    ...{ id: "place", width: 46, spare: 1, head: "#", title: "Group and channel" },
    show: (cell, { group, channel }) => setText(cell, `${group}/${channel.channel}`),
  },
  {
    ...{ id: "state", width: 106, narrow: 100, head: "State", title: "State" },
    make: (cell) => cell.append(badge({ look: "off", word: "" })),
    show: (cell, { status }) => setBadge(/** @type {Element} */ (cell.firstChild), status),
  },
  {
    ...{ id: "name", width: 140, rest: "narrow", head: "Channel", title: "Name, or host and port" },
    make: (cell) => cell.append(element("button", { type: "button", tabindex: "-1" }), element("small")),
    show: (cell, row, several) => {
      const [button, small] = /** @type {HTMLCollectionOf<HTMLElement>} */ (cell.children);
      const { channel: { address, port }, problems: [problem], service, title } = row;
      setText(button, several ? `${service} ${title}` : title);
      setText(small, problem?.now ? problem.brief : hostAndPort(address, port));
      setAttribute(cell, "title", title);
    },
  },
  {
    ...{ id: "address", width: 152, spare: 6, leaves: 240, head: "Address", title: "Address and port" },
    show: (cell, { channel: { address, port } }) =>
      setText(cell, address === "" ? NOTHING : hostAndPort(address, port)),
  },
  {
    ...{
      id: "current",
      width: 112,
      narrow: 72,
      head: "Open",
      title: "Open connections, and the most there may be",
      number: true,
    },
    make: (cell) => cell.append(element("span", { class: "load" }, element("i")), ""),
    show: (cell, { channel: { current, maxc } }) => {
      const load = /** @type {HTMLElement} */ (cell.firstChild), bar = /** @type {HTMLElement} */ (load.firstChild);
      load.hidden = maxc === 0;
      setAttribute(load, "class", maxc > 0 && current >= maxc ? "load full" : "load");
      bar.style.width = maxc === 0 ? "0" : `${Math.min(100, Math.round(current / maxc * 100))}%`;
      setText(/** @type {Node} */ (cell.lastChild), maxc === 0 ? count(current) : `${count(current)}/${count(maxc)}`);
    },
  },
  figure(
    { id: "rate", width: 56, narrow: 56 },
    "New/s",
    "New connections per second",
    ({ channel }) => rate(channel.rate),
  ),
  figure(
    { id: "connect", width: 98, spare: 2 },
    "Connect ms",
    "Time to connect: median / 99 of 100",
    ({ channel }) => pair(channel.times.connect),
  ),
  figure(
    { id: "firstByte", width: 102, spare: 3 },
    "1st byte ms",
    "Time to the first byte from the channel: median / 99 of 100",
    ({ channel }) => pair(channel.times.firstByte),
  ),
  figure(
    { id: "total", width: 80, spare: 4, leaves: 240 },
    "Total",
    "Connections since the start or the last reset",
    ({ channel }) => count(channel.total),
  ),
  {
    ...{
      id: "failed",
      width: 64,
      narrow: 56,
      head: "Failed",
      title: "Connections that it did not accept",
      number: true,
    },
    show: (cell, { channel: { failed, failuresInARow } }) => {
      setText(cell, count(failed));
      cell.classList.toggle("hot", failuresInARow > 0);
    },
  },
  figure(
    { id: "sent", width: 74, spare: 7, leaves: 240 },
    "Sent",
    "Bytes from clients",
    ({ channel }) => bytes(channel.sent),
  ),
  figure(
    { id: "rcvd", width: 74, spare: 7, leaves: 240 },
    "Rcvd",
    "Bytes to clients",
    ({ channel }) => bytes(channel.rcvd),
  ),
  figure(
    { id: "oldest", width: 74, spare: 5, leaves: 240 },
    "Oldest",
    "Age of its oldest connection",
    ({ channel }) => duration(channel.oldest),
  ),
  {
    ...{
      id: "problem",
      width: 0,
      leaves: 176,
      rest: "wide",
      head: "Problem",
      title: "What is wrong, or was last, and for how long",
    },
    show: (cell, { problems, status }) => {
      const text = problems.map(({ text }) => text).join("; ");
      setText(cell, problems.map(({ text, brief }, i) => i === 0 ? brief : text).join("; "));
      setAttribute(cell, "title", text === "" ? undefined : text);
      cell.classList.toggle("now", status.look === "down");
    },
  },
];
