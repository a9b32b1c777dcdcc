// @ts-check
/** The last lines of the log, the newest at the bottom. */

import { byId, element } from "./elements.js";
import { timeOfDay } from "./format.js";

/** @typedef {{ readonly time: string, readonly level: string, readonly message: string }} LogLine */

/** How many are kept and shown. */
const MOST = 500;

export class LogLines {
  #panel = byId("panel-log", "div");
  #list = element("ol", { class: "list log" });
  #empty = element("p", { class: "empty" }, "Nothing has been logged yet.");

  constructor() {
    this.#panel.append(this.#list, this.#empty);
  }

  /** @param {readonly LogLine[]} lines */
  begin(lines) {
    this.#list.replaceChildren();
    this.add(lines);
  }

  /** @param {readonly LogLine[]} lines */
  add(lines) {
    const { scrollTop, scrollHeight, clientHeight } = this.#panel,
      atEnd = scrollTop + clientHeight >= scrollHeight - 30;
    for (const { time, level, message } of lines) {
      this.#list.append(element(
        "li",
        { class: level },
        element("time", { class: "muted", datetime: time, title: time }, timeOfDay(time)),
        element("span", {}, level),
        element("span", {}, message),
      ));
      if (this.#list.children.length > MOST) this.#list.firstElementChild?.remove();
    }
    this.#empty.hidden = this.#list.children.length > 0;
    if (atEnd) this.#panel.scrollTop = this.#panel.scrollHeight;
  }
}
