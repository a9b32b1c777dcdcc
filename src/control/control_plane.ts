import type { Strategy } from "../selection/strategy.ts";
import type { Address } from "../table/address.ts";
import type { Table } from "../table/table.ts";
import type { ChannelNames } from "./snapshot.ts";

/** What the control commands work on: an instance as its operator sees it. */
export interface ControlPlane {
  readonly table: Table;
  readonly names: ChannelNames;
  readonly strategies: readonly Strategy[];
  /** The program's version. */
  readonly version: string;
  /** Turns the words of `create` and `assign` into an address. @throws {Error} when they are no host and port */
  resolve(host: string, port: string): Promise<Address>;
  /** What `show json` says about the instance beside its groups. */
  describe(): Readonly<Record<string, unknown>>;
  /** Notes a command that changed something. */
  changed(command: string, reply: string): void;
  /** Frees the port at once and lets the instance end. */
  shutdown(): void;
}
