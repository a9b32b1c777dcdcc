// @ts-check
/** The connections that did not end well, the newest first. */

/** @import { RecordState } from "../../../state/record_state.ts" */
/** @import { ServiceState } from "../../../state/service_state.ts" */
import { byId, element } from "./elements.js";
import { bytes, count, milliseconds, plural, timeOfDay } from "./format.js";
import { KeptFailures } from "./kept_failures.js";
import { numberTab, openedTab } from "./tabs.js";
import { wordFilter } from "./word_filter.js";

/** Ends that are often no fault: clients and operators end connections as they like. */
const SOFT = new Set([
  "idle",
  "client-reset",
  "left-queue",
  "left-connecting",
  "left-early",
  "killed",
  "drained",
  "stopped",
]);

export class Failures {
  #list = element("ul", { class: "list" });
  #ends = element("p", { class: "ends" });
  #empty = element("p", { class: "empty" }, "No connection has ended badly since the start.");
  #filter = element("input", {
    type: "search",
    placeholder: "filter: client, channel, end, -word",
    "aria-label": "Filter failures",
  });
  #kept = new KeptFailures();
  /** What shows a record. @type {WeakMap<RecordState, Element>} */
  #items = new WeakMap();
  #unseen = 0;
  #why;

  /** @param {(id: string) => void} why asks about one of them */
  constructor(why) {
    this.#why = why;
    byId("panel-failures", "div").append(
      element("div", { class: "sticky" }, this.#filter),
      this.#ends,
      this.#list,
      this.#empty,
    );
    this.#filter.addEventListener("input", () => this.#show());
    document.addEventListener("tab", () => {
      if (openedTab() === "failures") numberTab("failures", this.#unseen = 0);
    });
  }

  /** Forgets all: there is another process, or the same one again. */
  clear() {
    this.#kept = new KeptFailures();
    this.#show();
  }

  /** Those from before one has begun to look, the oldest first. @param {RecordState[]} records */
  begin(records) {
    this.#kept.begin(records);
    this.#show();
  }

  /** @param {RecordState} record */
  add(record) {
    const gone = this.#kept.add(record);
    if (gone !== undefined) this.#items.get(gone)?.remove();
    if (openedTab() !== "failures") numberTab("failures", ++this.#unseen);
    if (!this.#passes()(record)) return;
    this.#list.prepend(this.#item(record));
    this.#empty.hidden = true;
  }

  /** In which ways connections have ended since the start. @param {readonly ServiceState[]} services */
  count(services) {
    /** @type {Map<string, number>} */
    const ends = new Map();
    for (const { ended } of services) {
      for (const [end, n] of Object.entries(ended)) ends.set(end, (ends.get(end) ?? 0) + n);
    }
    ends.delete("closed");
    const parts = [...ends].sort(([, a], [, b]) => b - a).map(([end, n]) =>
      element("span", {}, element("b", {}, count(n)), ` ${end}`)
    );
    this.#ends.replaceChildren(...parts);
    this.#ends.hidden = parts.length === 0;
  }

  #show() {
    const found = this.#kept.all.filter(this.#passes()).reverse();
    this.#list.replaceChildren(...found.map((record) => this.#item(record)));
    this.#empty.hidden = found.length > 0;
    this.#empty.textContent = this.#kept.all.length > 0
      ? "None of them matches."
      : "No connection has ended badly since the start.";
  }

  /** @param {RecordState} record */
  #item(record) {
    const item = failureItem(record, this.#why);
    this.#items.set(record, item);
    return item;
  }

  /** @returns {(record: RecordState) => boolean} */
  #passes() {
    const passes = wordFilter(this.#filter.value);
    return ({ id, service, client, peer, sni, address, name, end, by, reason }) =>
      passes([id, service, client, peer, sni, address, name, end, by, reason].join(" ").toLowerCase());
  }
}

/** What became of a connection. @param {RecordState} record @param {(id: string) => void} [why] asks about it */
export function failureItem(record, why) {
  const {
    id,
    time,
    service,
    client,
    port,
    sni,
    group,
    channel,
    address,
    name,
    end,
    by,
    reason,
    durationMs,
    up,
    down,
  } = record;
  const ask = element("button", { type: "button", title: "Why?", disabled: why === undefined }, id);
  ask.addEventListener("click", () => why?.(id));
  const where = group === null ? "no channel" : `${group}/${channel ?? "–"} ${name ?? address ?? ""}`;
  const tried = record.attempts.filter(({ result }) => result !== "connected")
    .map(({ address, reason, result, ms }) =>
      `${address || "a removed channel"}: ${reason || result} after ${milliseconds(ms)}`
    );
  const more = record.attemptCount > record.attempts.length ? `, ${plural(record.attemptCount, "attempt")} in all` : "";
  return element(
    "li",
    { class: "failure" },
    element("time", { class: "muted", datetime: time, title: time }, timeOfDay(time)),
    element(
      "span",
      {},
      element("span", { class: `end${SOFT.has(end) ? " soft" : ""}` }, end),
      element("span", { class: "muted" }, ` by ${by}`),
    ),
    ask,
    element(
      "span",
      { class: "reason" },
      `${client} → ${service}:${port}${sni === null ? "" : ` (${sni})`} → ${where}`,
    ),
    element(
      "span",
      { class: "tried muted" },
      [reason, `${milliseconds(durationMs)}, ${bytes(up)} up, ${bytes(down)} down`].filter(Boolean).join(" · "),
    ),
    ...tried.length === 0 ? [] : [element("span", { class: "tried muted" }, `tried ${tried.join("; ")}${more}`)],
  );
}
