// @ts-check
/** Live charts of the last minutes, drawn by uPlot. */

/** @import { Series } from "./history.js" */
/** @import uPlot from "uplot" */
import { element, setText } from "./elements.js";
import { milliseconds, NOTHING, rate, short } from "./format.js";

/** @typedef {{ readonly key: Exclude<keyof Series, "time">, readonly label: string, readonly colour: string, readonly dashed?: boolean }} Line */

/** @typedef {{ readonly title: string, readonly format: (value: number) => string, readonly whole?: boolean, readonly lines: readonly Line[] }} Spec */

/** Of a service. @type {readonly Spec[]} */
export const SERVICE_CHARTS = [
  {
    title: "Open connections",
    format: short,
    whole: true,
    lines: [{ key: "current", label: "open", colour: "--accent" }],
  },
  {
    title: "New per second",
    format: rate,
    lines: [
      { key: "rate", label: "new", colour: "--accent" },
      { key: "bad", label: "ended badly", colour: "--down", dashed: true },
    ],
  },
  {
    title: "Time to connect",
    format: milliseconds,
    lines: [
      { key: "median", label: "median", colour: "--accent" },
      { key: "p99", label: "slowest p99", colour: "--warn", dashed: true },
    ],
  },
];

/** Of one channel. @type {readonly Spec[]} */
export const CHANNEL_CHARTS = [
  { title: "Open", format: short, whole: true, lines: [{ key: "current", label: "open", colour: "--accent" }] },
  { title: "New per second", format: rate, lines: [{ key: "rate", label: "new", colour: "--accent" }] },
  {
    title: "Time to connect",
    format: milliseconds,
    lines: [
      { key: "median", label: "median", colour: "--accent" },
      { key: "p99", label: "p99", colour: "--warn", dashed: true },
    ],
  },
];

/** Steps of an axis where there are no halves: on a low chart, at least one of them is below any `roof`. */
const WHOLE = Array.from({ length: 13 }, (_, i) => [1, 2, 4, 5].map((step) => step * 10 ** i)).flat();

/** Seconds that a chart shows at least, so that it does not begin as one thick dot. */
const SPAN = 60;

export class Charts {
  #place;
  /** @type {{ plot: uPlot, lines: readonly Line[], keys: HTMLElement[], format: (value: number) => string, figure: HTMLElement, title: string }[]} */
  #charts = [];
  /** @type {Series | undefined} */
  #series;

  #specs;

  /** @param {HTMLElement} place @param {readonly Spec[]} specs */
  constructor(place, specs) {
    this.#place = place;
    this.#specs = specs;
    this.#make();
  }

  /** Draws again with the colours of today. */
  restyle() {
    for (const { plot } of this.#charts) plot.destroy();
    this.#charts = [];
    this.#place.replaceChildren();
    this.#make();
    if (this.#series !== undefined) this.show(this.#series);
  }

  /** @param {Series} series */
  show(series) {
    this.#series = series;
    const now = series.time.at(-1) ?? Date.now() / 1000;
    for (const { plot, lines, keys, format, figure, title } of this.#charts) {
      plot.setData([series.time, ...lines.map(({ key }) => series[key])], false);
      const from = Math.min(series.time[0] ?? now, now - SPAN);
      plot.batch(() => {
        plot.setScale("x", { min: from, max: now });
        plot.setScale("y", { min: 0, max: roof(lines.map(({ key }) => series[key])) });
      });
      const told = lines.map(({ key, label }) => ({ label, value: series[key].at(-1) ?? undefined }));
      /** @param {string} none what stands for a value that is not known */
      const texts = (none) => told.map(({ label, value }) => `${label} ${value === undefined ? none : format(value)}`);
      const seen = texts(NOTHING);
      keys.forEach((key, i) => setText(/** @type {Node} */ (key.lastChild), seen[i]));
      figure.setAttribute("aria-label", `${title}: ${texts("unknown").join(", ")}`);
    }
  }

  #make() {
    const ink = colour(this.#place, "--muted"), grid = colour(this.#place, "--grid");
    for (const { title, format, whole, lines } of this.#specs) {
      const keys = lines.map(({ label, colour, dashed }) => {
        const stroke = element("i", { class: dashed ? "dashed" : "" });
        stroke.style.borderColor = `var(${colour})`;
        return element("span", { class: "key" }, stroke, label);
      });
      const place = element("div", { class: "plot", "aria-hidden": "true" });
      const figure = element(
        "figure",
        { class: "chart", role: "img" },
        element("figcaption", {}, element("b", {}, title), ...keys),
        place,
      );
      this.#place.append(figure);
      const axis = {
        stroke: ink,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        font: "11px system-ui, sans-serif",
      };
      const plot = new globalThis.uPlot(
        {
          ...{ width: Math.max(120, place.clientWidth), height: place.clientHeight || 112, padding: [8, 28, 0, 0] },
          legend: { show: false },
          cursor: { sync: { key: "charts" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
          scales: { x: { time: true }, y: {} },
          axes: [
            { ...axis, size: 22, space: 70, values: (_, splits) => splits.map(clock) },
            {
              ...axis,
              ...whole ? { incrs: WHOLE } : {},
              size: 50,
              space: 26,
              values: (_, splits) => splits.map((value) => format(value)),
            },
          ],
          series: [
            {},
            ...lines.map(({ label, colour: name, dashed }) => ({
              ...{ label, stroke: colour(this.#place, name), width: 1.5, points: { show: false } },
              ...dashed
                ? { dash: [4, 3] }
                : { fill: `${colour(this.#place, name).replace("rgb(", "rgba(").replace(")", ", 0.09)")}` },
            })),
          ],
        },
        [[], ...lines.map(() => [])],
        place,
      );
      new ResizeObserver(() => {
        const width = place.clientWidth, height = place.clientHeight;
        if (width > 0 && height > 0 && (width !== plot.width || height !== plot.height)) {
          plot.setSize({ width, height });
        }
      }).observe(place);
      this.#charts.push({ plot, lines, keys, format, figure, title });
    }
  }
}

/** The top of a chart: a round number above all values. @param {readonly (readonly (number | null)[])[]} series */
function roof(series) {
  let most = 0;
  for (const values of series) for (const value of values) if (value !== null && value > most) most = value;
  if (most === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * unit >= most * 1.05) ?? 10) * unit;
}

/** @param {number} seconds */
function clock(seconds) {
  const date = new Date(seconds * 1000);
  const parts = [date.getHours(), date.getMinutes(), ...date.getSeconds() === 0 ? [] : [date.getSeconds()]];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** A colour of the style sheet as a canvas takes it. @param {HTMLElement} place @param {string} name */
function colour(place, name) {
  const probe = element("i");
  probe.style.color = `var(${name})`;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
