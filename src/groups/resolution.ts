/** What is known about the name that a channel comes from, if that is looked up again and again. */
export interface Resolution {
  /** The name. */
  readonly name: string;
  /** Where its last answer came from: `dns`, `hosts` (the file) or `system`; null while there has been none. */
  readonly source: string | null;
  /** Seconds for which that answer is valid, or null. */
  readonly ttl: number | null;
  /** When it came, as ISO 8601 in UTC, or null. */
  readonly asked: string | null;
  /** Why lookups have failed since, in words; null if they have not. */
  readonly stale: string | null;
}
