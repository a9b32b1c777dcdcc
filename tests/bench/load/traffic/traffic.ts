import type { Handler } from "../loop.ts";

/** Clients of one kind that go on by themselves once they have been opened. */
export interface Traffic extends Handler {
  /** Units done so far: requests, connections or bytes. */
  readonly done: number;
  /** Ends the clients. What they leave behind is waited for by the caller. */
  close(): void;
}

/** The proxy has ended a connection that was in use. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";

  constructor() {
    super("a connection was closed before its answer");
  }
}
