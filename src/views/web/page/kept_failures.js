// @ts-check
/** Which of the connections that did not end well are kept. Pure. */

/** @import { RecordState } from "../../../state/record_state.ts" */

/** How many are kept. */
export const MOST = 300;

/** The last ones, the oldest first; but a flood of one kind of end does not push out the others. */
export class KeptFailures {
  /** @type {RecordState[]} */
  #records = [];

  get all() {
    return this.#records;
  }

  /** Those from before one has begun to look come first. @param {readonly RecordState[]} records */
  begin(records) {
    const known = new Set(records.map(({ id }) => id)), later = this.#records.filter(({ id }) => !known.has(id));
    this.#records = [];
    for (const record of [...records, ...later]) this.add(record);
  }

  /** @param {RecordState} record @returns {RecordState | undefined} the one that is given up for it */
  add(record) {
    this.#records.push(record);
    if (this.#records.length <= MOST) return undefined;
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { end } of this.#records) counts.set(end, (counts.get(end) ?? 0) + 1);
    const [most] = [...counts].reduce((one, other) => other[1] > one[1] ? other : one);
    return this.#records.splice(this.#records.findIndex(({ end }) => end === most), 1)[0];
  }
}
