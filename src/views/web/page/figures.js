// @ts-check
/** The large figures above everything. */

/** @import { ServiceState } from "../../../state/service_state.ts" */
/** @import { Row } from "./rows.js" */
import { byId, element, setAttribute, setText } from "./elements.js";
import { count, milliseconds, rate } from "./format.js";
import { badly, pointOf } from "./history.js";
import { tally } from "./rows.js";

/** @typedef {{ readonly name: string, readonly value: string, readonly more: string, readonly bad?: boolean, readonly title?: string }} Figure */

/** @param {readonly ServiceState[]} services @param {readonly Row[]} rows */
export function showFigures(services, rows) {
  const place = byId("figures", "dl"), figures = figuresOf(services, rows);
  while (place.children.length > figures.length) place.lastElementChild?.remove();
  figures.forEach(({ name, value, more, bad = false, title }, i) => {
    const made = place.children[i] ?? place.appendChild(
      element("div", {}, element("dt"), element("dd", {}, element("span"), " ", element("small"))),
    );
    const [term, told] = made.children, [large, small] = told.children;
    setText(term, name);
    setText(large, value);
    setText(small, more);
    setAttribute(made, "class", bad ? "bad" : undefined);
    setAttribute(made, "title", title);
  });
}

/** @param {readonly ServiceState[]} services @param {readonly Row[]} rows @returns {Figure[]} */
export function figuresOf(services, rows) {
  const { current, rate: perSecond, median, p99 } = pointOf(services, rows),
    { up, warn } = tally(rows),
    usable = up + warn;
  const failures = sum(services.flatMap(({ lastMinute }) => badly(lastMinute)));
  const keptOut = sum(services.flatMap(({ lastMinute: { keptOut = [] } }) => keptOut));
  const held = [...new Set(services.flatMap(({ held = [] }) => held))];
  const queues = services.flatMap(({ queue }) => queue ?? []), waiting = sum(queues.map(({ waiting }) => waiting));
  return [
    {
      name: "Channels usable",
      value: count(usable),
      more: `of ${count(rows.length)}`,
      bad: usable < rows.length && tally(rows).down > 0,
    },
    {
      ...{ name: "Open connections", value: count(current), more: held.length === 0 ? "" : "new clients wait" },
      ...{ bad: held.length > 0, title: held.length === 0 ? undefined : held.join("; ") },
    },
    { name: "New per second", value: rate(perSecond), more: "" },
    {
      ...{ name: "Ended badly", value: count(failures), bad: failures > 0 },
      more: keptOut === 0 ? "in a minute" : `in a minute, ${count(keptOut)} kept out`,
    },
    { name: "Time to connect", value: milliseconds(median), more: p99 === null ? "" : `p99 ${milliseconds(p99)}` },
    ...queues.length === 0 ? [] : [{
      name: "Waiting for a place",
      value: count(waiting),
      more: `of ${count(sum(queues.map(({ limit }) => limit)))}`,
    }],
  ];
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
