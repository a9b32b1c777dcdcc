// @ts-check
/** Reads server-sent events (HTML standard, section 9.2) from pieces of text. Pure. */

/** @typedef {{ readonly type: string, readonly data: string }} ServerEvent */

export class EventParser {
  #rest = "";
  #type = "";
  /** @type {string[]} */
  #data = [];

  /** The events that are complete with this piece. @param {string} text @returns {ServerEvent[]} */
  take(text) {
    /** @type {ServerEvent[]} */
    const events = [];
    const lines = (this.#rest + text).split("\n");
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) events.push({ type: this.#type || "message", data: this.#data.join("\n") });
        this.#type = "";
        this.#data = [];
        continue;
      }
      const [, name, value] = /** @type {RegExpExecArray} */ (/^([^:]*):? ?(.*)$/s.exec(line));
      if (name === "event") this.#type = value;
      if (name === "data") this.#data.push(value);
    }
    return events;
  }
}
