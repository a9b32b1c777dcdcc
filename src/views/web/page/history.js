// @ts-check
/** What the charts show: a point for each second, for as long as one looks, ten minutes at most. Pure. */

/** @import { MinuteState, ServiceState } from "../../../state/service_state.ts" */
/** @import { Row } from "./rows.js" */

/** Points that are kept. */
export const LONGEST = 600;

/**
 * @typedef {{
 *   time: number[], current: (number | null)[], rate: (number | null)[], bad: (number | null)[],
 *   median: (number | null)[], p99: (number | null)[],
 * }} Series
 */

/** @returns {Series} */
export const emptySeries = () => ({ time: [], current: [], rate: [], bad: [], median: [], p99: [] });

/**
 * What one second looks like.
 *
 * @typedef {{ current: number, rate: number, bad: number | null, median: number | null, p99: number | null }} Point
 */

/** Adds a point. @param {Series} series @param {number} time seconds since 1970 @param {Point} point */
export function add(series, time, point) {
  const last = series.time.at(-1);
  if (last !== undefined && time <= last) return;
  // A gap in the stream is a gap in the line.
  if (last !== undefined && time - last > 5) append(series, last + 1, undefined);
  append(series, time, point);
  for (const values of Object.values(series)) if (values.length > LONGEST) values.splice(0, values.length - LONGEST);
}

/** @param {Series} series @param {number} time @param {Point | undefined} point */
function append(series, time, point) {
  series.time.push(time);
  for (const key of /** @type {const} */ (["current", "rate", "bad", "median", "p99"])) {
    series[key].push(point?.[key] ?? null);
  }
}

/** Connections that ended badly in each second, without clients that were kept out on purpose. @param {MinuteState} minute */
export const badly = ({ failures, keptOut = [] }) => failures.map((count, i) => count - (keptOut[i] ?? 0));

/**
 * A series that begins with the minute before one has begun to look, as the program has counted it.
 *
 * @param {readonly ServiceState[]} services
 * @param {number} now seconds since 1970
 */
export function lastMinute(services, now) {
  const series = emptySeries();
  for (let i = 0; i < 60; i++) {
    const time = now - 60 + i;
    series.time.push(time);
    series.rate.push(sum(services.map(({ lastMinute }) => lastMinute.connections[i] ?? 0)));
    series.bad.push(sum(services.map(({ lastMinute }) => badly(lastMinute).at(i) ?? 0)));
    series.current.push(null);
    series.median.push(null);
    series.p99.push(null);
  }
  return series;
}

/** What services look like at this second. @param {readonly ServiceState[]} services @param {readonly Row[]} rows their channels */
export function pointOf(services, rows) {
  const times = rows.flatMap(({ channel: { times, rate } }) =>
    times.connect === null ? [] : { ...times.connect, rate }
  );
  return {
    current: sum(services.map(({ connections }) => connections)),
    rate: sum(services.map(({ rate }) => rate)),
    bad: sum(services.map(({ lastMinute }) => badly(lastMinute).at(-1) ?? 0)),
    median: middle(times),
    p99: times.length === 0 ? null : Math.max(...times.map(({ p99 }) => p99)),
  };
}

/** What a channel looks like at this second. @param {Row} row */
export function pointOfChannel({ channel: { current, rate, times } }) {
  return { current, rate, bad: null, median: times.connect?.median ?? null, p99: times.connect?.p99 ?? null };
}

/** The median of the channels' medians, each as often as it has had connections. @param {readonly { median: number, count: number }[]} times */
function middle(times) {
  const ordered = times.toSorted((a, b) => a.median - b.median), all = sum(ordered.map(({ count }) => count));
  let seen = 0;
  for (const { median, count } of ordered) {
    seen += count;
    if (seen * 2 >= all) return median;
  }
  return null;
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
