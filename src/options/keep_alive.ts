/** TCP keep-alive of one side (tcp(7)); what is left out keeps the system's value. */
export interface KeepAlive {
  /** Seconds without data until the first probe, 1 to 32,767. */
  readonly idle?: number;
  /** Seconds between probes, 1 to 32,767. */
  readonly interval?: number;
  /** Probes without an answer after which the connection is given up, 1 to 127. */
  readonly probes?: number;
}
