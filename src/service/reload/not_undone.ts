/** A reload that failed, its `cause`, could not be undone in every part: a port may be closed that was open before. */
export class NotUndone extends Error {
  override readonly name = "NotUndone";
  /** What went wrong. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], cause: unknown) {
    super(`Cannot undo reload: ${problems.join("; ")}`, { cause });
    this.problems = problems;
  }
}
