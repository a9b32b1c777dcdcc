// @ts-check
/** One channel with everything that is known of it, and what can be done to it. */

/** @import { Series } from "./history.js" */
/** @import { Row } from "./rows.js" */
import { CHANNEL_CHARTS, Charts } from "./charts.js";
import { confirmAct } from "./dialogs.js";
import { badge, byId, element, setBadge, setText } from "./elements.js";
import { bytes, count, duration, hostAndPort, milliseconds, NOTHING, plural, rate } from "./format.js";

/** @typedef {{ readonly service: string, readonly group: number, readonly channel: number, readonly do: string, readonly weight?: number }} Action */

export class ChannelPanel {
  #place = byId("panel-channel", "div");
  #empty = element("p", { class: "empty" }, "Choose a channel: click one, or press j and k.");
  #inner = element("div", { class: "inner", hidden: true });
  #badge = badge({ look: "off", word: "" });
  #title = element("h2");
  #facts = element("dl", { class: "facts" });
  #acts = element("div", { class: "acts", hidden: true });
  #weight = element("input", { type: "number", min: 0, max: 256, "aria-label": "Weight", required: true });
  #plots = element("div", { class: "plots" });
  #charts = new Charts(this.#plots, CHANNEL_CHARTS);
  #said = element("p", { class: "said", role: "status", hidden: true });
  /** @type {Row | undefined} */
  #row;
  #perform;

  /** @param {(action: Action) => Promise<{ ok: boolean, text: string } | undefined>} perform undefined if it was not done after all */
  constructor(perform) {
    this.#perform = perform;
    for (const name of /** @type {const} */ (["enable", "disable", "drain"])) {
      const button = element("button", { type: "button", "data-do": name }, name[0].toUpperCase() + name.slice(1));
      button.addEventListener("click", () => this.act(name));
      this.#acts.append(button);
    }
    const form = element(
      "form",
      { class: "acts" },
      element("span", { class: "muted" }, "weight"),
      this.#weight,
      element("button", { type: "submit" }, "Set"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.act("weight");
    });
    this.#acts.append(form);
    this.#inner.append(
      element("div", { class: "head" }, this.#title, this.#badge),
      this.#acts,
      this.#said,
      this.#facts,
      this.#plots,
    );
    this.#place.append(this.#empty, this.#inner);
  }

  /** Whether anything may be done here. @param {boolean} may */
  allow(may) {
    this.#acts.hidden = !may;
  }

  /** Draws again with the colours of today. */
  restyle() {
    this.#charts.restyle();
  }

  /** @param {Row | undefined} row @param {Series} series what it was like */
  show(row, series) {
    const other = row?.key !== this.#row?.key;
    this.#row = row;
    this.#empty.hidden = row !== undefined;
    this.#inner.hidden = row === undefined;
    if (row === undefined) return;
    if (other) {
      this.#said.hidden = true;
      this.#weight.value = String(row.channel.weight);
    }
    setText(this.#title, `${row.service} ${row.group}/${row.channel.channel} ${row.title}`);
    setBadge(this.#badge, row.status);
    this.#charts.show(series);
    const facts = factsOf(row);
    while (this.#facts.children.length > facts.length * 2) this.#facts.lastElementChild?.remove();
    facts.forEach(([name, value], i) => {
      const term = this.#facts.children[2 * i] ?? this.#facts.appendChild(element("dt"));
      const told = this.#facts.children[2 * i + 1] ?? this.#facts.appendChild(element("dd"));
      setText(term, name);
      setText(told, value);
    });
    for (const button of this.#acts.querySelectorAll("button[data-do]")) {
      const enable = button.getAttribute("data-do") === "enable";
      /** @type {HTMLButtonElement} */ (button).disabled = row.channel.enabled === enable;
    }
  }

  /** @param {"enable" | "disable" | "drain" | "weight"} what */
  async act(what) {
    const row = this.#row;
    if (row === undefined || this.#acts.hidden) return;
    const { service, group, channel: { channel, current, weight: before }, title } = row,
      weight = Number(this.#weight.value);
    const name = `${service} ${group}/${channel} ${title}`,
      open = plural(current, "open connection"),
      none = "It gets no new clients.";
    const questions = {
      enable: [`Enable ${name}?`, "It gets clients again.", "Enable"],
      disable: [`Disable ${name}?`, current === 0 ? none : `${none.slice(0, -1)}; its ${open} may go on.`, "Disable"],
      drain: [
        `Drain ${name}?`,
        current === 0 ? none : `${none.slice(0, -1)}, so that its ${open} can come to an end.`,
        "Drain",
      ],
      weight: [
        `Weight of ${name}: ${before} → ${weight}?`,
        weight === 0 ? none : "Its share of the clients changes.",
        "Set",
      ],
    };
    const [question, text, yes] = questions[what];
    if (!await confirmAct(question, text, yes, what === "disable" || what === "drain")) return;
    const outcome = await this.#perform({ service, group, channel, do: what, ...what === "weight" ? { weight } : {} });
    if (outcome === undefined) return;
    this.#said.hidden = false;
    this.#said.className = outcome.ok ? "said" : "said bad";
    setText(this.#said, outcome.text || "done");
  }
}

/** Names and values. @param {Row} row @returns {string[][]} */
function factsOf({ channel, group, type, problems }) {
  const { host, address, port, current, maxc, weight, times, lastError, health, resolution } = channel;
  /** @param {{ median: number, p99: number, count: number } | null} time */
  const told = (time) =>
    time === null
      ? NOTHING
      : `median ${milliseconds(time.median)}, p99 ${milliseconds(time.p99)} (${plural(time.count, "connection")})`;
  return [
    ["Address", address === "" ? "does not resolve" : hostAndPort(address, port)],
    ...host === address ? [] : [["Host", host]],
    ["Group", `${group}, ${type}`],
    ["Disabled by", channel.disabledBy.join(", ") || "nobody"],
    ...channel.disabledSince ? [["Since", when(channel.disabledSince)]] : [],
    ...channel.drainingSince ? [["Draining since", when(channel.drainingSince)]] : [],
    ["Open", maxc === 0 ? `${count(current)}, no limit` : `${count(current)} of ${count(maxc)}`],
    ["Oldest", duration(channel.oldest)],
    ["New per second", rate(channel.rate)],
    ["Weight", String(weight)],
    ["Connect", told(times.connect)],
    ["First byte", told(times.firstByte)],
    ["Total", `${count(channel.total)}, ${count(channel.failed)} failed`],
    ["Bytes", `${bytes(channel.sent)} from clients, ${bytes(channel.rcvd)} to clients`],
    ["Problem", problems.map(({ text }) => text).join("; ") || "none"],
    ...lastError ? [["Last failed connect", `${lastError.reason}, ${duration(lastError.age)} ago`]] : [],
    ...channel.failingSince
      ? [["Failing since", `${when(channel.failingSince)}, ${count(channel.failuresInARow)} in a row`]]
      : [],
    ...health === undefined ? [] : [
      ["Health", `${health.state}${health.flapping ? ", flapping" : ""} for ${duration(health.since)}`],
      [
        "Last check",
        health.last === null
          ? "none yet"
          : [health.last.result, health.last.reason, milliseconds(health.last.took), `${duration(health.last.age)} ago`]
            .filter(Boolean).join(", "),
      ],
    ],
    ...resolution === undefined ? [] : [[
      "Name",
      `${resolution.name}, from ${resolution.source ?? "nowhere yet"}${
        resolution.stale === null ? "" : `; ${resolution.stale}`
      }`,
    ]],
  ];
}

/** @param {string} iso */
const when = (iso) => new Date(iso).toLocaleString();
