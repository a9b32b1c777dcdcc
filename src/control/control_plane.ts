import type { Groups } from "../groups/groups.ts";
import type { Address } from "../table/address.ts";

/** What the control commands work on: an instance as its operator sees it. */
export interface ControlPlane {
  readonly groups: Groups;
  /** The program's version. */
  readonly version: string;
  /** Turns the words of `create` and `assign` into an address. @throws {Error} when they are no host and port */
  resolve(host: string, port: string): Promise<Address>;
  /** What `show json` says about the instance besides its groups. */
  describe(): Readonly<Record<string, unknown>>;
  /** Notes a command that changed something. */
  changed(command: string, reply: string): void;
  /** Frees the port at once and lets the instance end. */
  shutdown(): void;
}
