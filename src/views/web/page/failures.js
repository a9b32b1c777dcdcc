// @ts-check
/** The connections that did not end well, the newest first. */

/** @import { RecordState } from "../../../state/record_state.ts" */
/** @import { ServiceState } from "../../../state/service_state.ts" */
import { byId, element } from "./elements.js";
import { bytes, count, milliseconds, plural, timeOfDay } from "./format.js";
import { numberTab, openedTab } from "./tabs.js";

/** How many are kept and shown. */
const MOST = 300;

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
    placeholder: "filter: client, channel, end",
    "aria-label": "Filter failures",
  });
  /** @type {RecordState[]} */
  #records = [];
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
    this.#records = [];
    this.#show();
  }

  /** Those from before one has begun to look, the oldest first. @param {RecordState[]} records */
  begin(records) {
    const known = new Set(records.map(({ id }) => id));
    this.#records = [...records, ...this.#records.filter(({ id }) => !known.has(id))].slice(-MOST);
    this.#show();
  }

  /** @param {RecordState} record */
  add(record) {
    this.#records.push(record);
    if (this.#records.length > MOST) this.#records.shift();
    if (openedTab() !== "failures") numberTab("failures", ++this.#unseen);
    if (!this.#matches(record)) return;
    this.#list.prepend(failureItem(record, this.#why));
    if (this.#list.children.length > MOST) this.#list.lastElementChild?.remove();
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
    const found = this.#records.filter((record) => this.#matches(record)).reverse();
    this.#list.replaceChildren(...found.map((record) => failureItem(record, this.#why)));
    this.#empty.hidden = found.length > 0;
    this.#empty.textContent = this.#records.length > 0
      ? "None of them matches."
      : "No connection has ended badly since the start.";
  }

  /** @param {RecordState} record */
  #matches({ id, service, client, peer, sni, address, name, end, by, reason }) {
    const text = [id, service, client, peer, sni, address, name, end, by, reason].join(" ").toLowerCase();
    return this.#filter.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
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
