/** A client with open connections, in `show clients json` of a service that has no limits for each client. */
export interface ConnectedClientState {
  /** Its IP address. */
  readonly address: string;
  /** Connections that it has now. */
  readonly connections: number;
  /** Whole seconds for which the oldest of them has been there. */
  readonly oldest: number;
  /** Bytes that it has sent over them. */
  readonly sent: number;
  /** Bytes that it has got over them. */
  readonly rcvd: number;
}
