import { Client } from "../support/client.ts";

/** A running load balancer, whichever it is. */
export abstract class Target implements AsyncDisposable {
  abstract readonly port: number;
  abstract readonly pid: number;

  /** Connects a client. */
  client(): Promise<Client> {
    return Client.connect(this.port);
  }

  /** Notes what it holds now; call what comes back once the load is gone, and it fails if something has stayed. */
  abstract watchForLeaks(): Promise<() => Promise<void>>;

  abstract [Symbol.asyncDispose](): Promise<void>;
}
