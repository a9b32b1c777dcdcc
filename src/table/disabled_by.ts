/** Who keeps a channel from being chosen. The bits are independent: one party never undoes the other's. */
export const DisabledBy = {
  /** The operator: `disable`, or a channel fresh from `create`. */
  OPERATOR: 1,
  /** Autodisable (`-a`). */
  MACHINE: 2,
  /** Its name has not been resolved, so that it has no address. */
  UNRESOLVED: 4,
  /** It is no longer in its group; the row waits for its last connections. Nobody withdraws this. */
  REMOVED: 8,
  /** Its weight is 0. */
  WEIGHT: 16,
  /** The operator: `drain`. */
  DRAINING: 32,
  /** The operator: `disable` for maintenance, so that it is not checked either. */
  MAINTENANCE: 64,
  /** Health checks: it is down. The only reason that is ignored when nothing else is left. */
  DOWN: 128,
} as const;
