import { NotUndone } from "./not_undone.ts";

/** What undoes the steps that have been made so far. */
export class Undo {
  readonly #steps: (() => void | Promise<void>)[] = [];

  /** A step has been made. */
  add(undo: () => void | Promise<void>): void {
    this.#steps.push(undo);
  }

  /**
   * Undoes all of them, the last one first.
   *
   * @param cause why
   * @throws {NotUndone} when that fails in part; the rest is undone all the same
   */
  async all(cause: unknown): Promise<void> {
    const problems: string[] = [];
    for (const undo of this.#steps.reverse()) {
      try {
        await undo();
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    if (problems.length > 0) throw new NotUndone(problems, cause);
  }
}
