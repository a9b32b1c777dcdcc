/** What came of a drain. */
export interface Drained {
  /**
   * `empty`, or why it is not waited for any more: the channel has been `enabled` again or `removed`, or a later drain
   * has `replaced` this one.
   */
  readonly how: "empty" | "enabled" | "removed" | "replaced";
  /** Connections that were closed at the deadline. */
  readonly closed: number;
  /** How long it took. */
  readonly seconds: number;
}
