/** What a descriptor's row is about. The first ones are stages of a connection and stand in the client's row. */
export const ROLE = {
  /** Nothing. */
  NONE: 0,
  /** A client that has to say something first. */
  GREETING: 1,
  /** A client that waits for a channel. */
  WAITING: 2,
  /** A client whose channel is being connected. */
  CONNECTING: 3,
  /** A client that is connected with its channel. */
  ESTABLISHED: 4,
  /** A client whose connection is over, although its socket is not closed yet. */
  OVER: 5,
  /** The channel's side of a connection that is being made, or is established. */
  CHANNEL: 6,
  /** What is left of a connection whose client is gone: the channel's socket, which has still something to send. */
  REMAINS: 7,
} as const;

/** Whether a row with this role stands for a connection that can be closed. */
export function isListed(role: number): boolean {
  return role !== ROLE.NONE && role <= ROLE.ESTABLISHED || role === ROLE.REMAINS;
}
