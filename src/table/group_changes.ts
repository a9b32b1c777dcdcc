import { GROUP } from "./layout.ts";

/**
 * Changes of several groups that belong together: whoever looks at more than one group can tell whether they were all
 * as before, or all as afterwards.
 */
export class GroupChanges {
  readonly #groups: Int32Array;

  /** @param groups the rows of all groups */
  constructor(groups: Int32Array) {
    this.#groups = groups;
  }

  /** How far the groups have changed. Waits for a change that is under way, which takes main less than a millisecond. */
  get version(): number {
    for (;;) {
      const version = Atomics.load(this.#groups, GROUP.CHANGES);
      if ((version & 1) === 0) return version;
      Atomics.wait(this.#groups, GROUP.CHANGES, version);
    }
  }

  /** Whether the groups have not changed since. All that was read before, by Atomics or not, was read before that. */
  isStill(version: number): boolean {
    return Atomics.add(this.#groups, GROUP.CHANGES, 0) === version;
  }

  /** Makes a change. Main thread only. */
  make(change: () => void): void {
    Atomics.add(this.#groups, GROUP.CHANGES, 1);
    try {
      change();
    } finally {
      Atomics.add(this.#groups, GROUP.CHANGES, 1);
      Atomics.notify(this.#groups, GROUP.CHANGES);
    }
  }
}
