import type { Handler } from "../loop.ts";

/** Clients of one kind that run on their own once they are opened. */
export interface Traffic extends Handler {
  /** Units done so far: requests, connections or bytes. */
  readonly done: number;
  /** Ends the clients. The caller waits for what they leave behind. */
  close(): void;
}

/** The proxy has ended a connection that was in use. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";

  constructor() {
    super("a connection was closed before its answer");
  }
}
