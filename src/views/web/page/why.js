// @ts-check
/** Asks why a client gets which channel, and what became of a connection. */

/** @import { WhyChannelState, WhyConnectionState, WhyGroupState, WhyState } from "../../../state/why_state.ts" */
import { byId, element } from "./elements.js";
import { failureItem } from "./failures.js";
import { askJson } from "./requests.js";

export class Why {
  #client = element("input", {
    ...{ name: "client", required: true, placeholder: "10.1.2.3, or an id", autocomplete: "off", spellcheck: "false" },
  });
  #port = element("input", {
    ...{ name: "port", inputmode: "numeric", pattern: "[0-9]{1,5}", placeholder: "first", autocomplete: "off" },
  });
  #sni = element("input", { name: "sni", placeholder: "none", autocomplete: "off", spellcheck: "false" });
  #form = element(
    "form",
    { class: "asking" },
    element("label", {}, "Client or id", this.#client),
    element("label", {}, "Port", this.#port),
    element("label", {}, "Server name", this.#sni),
    element("button", { type: "submit", class: "main" }, "Why?"),
  );
  #answer = element("div", { role: "status" });
  #service;
  #asked = 0;

  /** @param {() => string | undefined} service the one that is looked at */
  constructor(service) {
    this.#service = service;
    const hint = element(
      "p",
      { class: "muted" },
      "For a client: which channel it would get now, and why not the others. " +
        "For the id of a connection: what became of it. Asking changes nothing.",
    );
    byId("panel-why", "div").append(element("div", { class: "inner" }, this.#form, hint, this.#answer));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
  }

  /** @param {string} id of a connection */
  about(id) {
    this.#client.value = id;
    this.#port.value = this.#sni.value = "";
    this.#ask();
  }

  focus() {
    this.#client.focus();
  }

  async #ask() {
    const query = new URLSearchParams(), client = this.#client.value.trim(), service = this.#service();
    query.set(/[.:]/.test(client) ? "client" : "id", client);
    if (this.#port.value !== "") query.set("port", this.#port.value);
    if (this.#sni.value !== "") query.set("sni", this.#sni.value.trim());
    if (service !== undefined) query.set("service", service);
    const asked = ++this.#asked;
    /** @type {Node} */
    let answer;
    try {
      answer = answered(await askJson(`why?${query}`));
    } catch (error) {
      answer = element("p", { class: "said bad" }, /** @type {Error} */ (error).message);
    }
    // Only the answer to the last question counts.
    if (asked === this.#asked) this.#answer.replaceChildren(answer);
  }
}

/** @param {WhyState | WhyConnectionState} told */
function answered(told) {
  if ("groups" in told) return explanation(told);
  const { connection, again } = told, story = element("ul", { class: "list" }, failureItem(connection));
  if (again === null) return story;
  return element("div", { class: "why" }, story, element("h3", {}, "If it came again now"), explanation(again));
}

/** @param {WhyState} why */
function explanation({ service, client, port, entry, outcome, reason, groups }) {
  const bad = !entry.allowed || outcome !== "channel";
  return element(
    "div",
    { class: "why" },
    element("p", { class: "muted" }, `${client} to port ${port} of ${service}:`),
    ...[entry.reason, ...entry.delays].filter((text) => text !== "").map((text) => element("p", {}, text)),
    element("p", { class: bad ? "said bad" : "said" }, reason),
    ...groups.map(group),
  );
}

/** @param {WhyGroupState} state */
function group({ group, type, usable, conditions, reason, channels }) {
  const about = [type, conditions, usable ? "" : reason].filter(Boolean).join(" · ");
  return element(
    "section",
    {},
    element("h3", {}, `group ${group} `, element("span", { class: "muted" }, about)),
    element("ol", {}, ...channels.toSorted(byAttempt).map(channelItem)),
  );
}

/** In the order in which they would be tried; those that would not come last. @param {WhyChannelState} a @param {WhyChannelState} b */
const byAttempt = (a, b) => (a.attempt ?? Infinity) - (b.attempt ?? Infinity) || 0;

/** @param {WhyChannelState} state */
function channelItem({ channel, name, host, address, attempt, reason, against }) {
  return element(
    "li",
    { class: attempt === 1 ? "first" : attempt === null ? "never" : "" },
    element("b", { class: "mark" }, attempt === null ? "✗" : `${attempt}.`),
    element(
      "span",
      {},
      element("b", {}, `${channel} ${name ?? host}`),
      element("span", { class: "muted" }, ` ${address}`),
      ...reason === "" ? [] : [element("div", { class: against.length > 0 ? "against" : "muted" }, reason)],
    ),
  );
}
