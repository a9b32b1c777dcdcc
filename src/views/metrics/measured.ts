import type { AccessState } from "../../access/access_state.ts";
import type { Groups } from "../../groups/groups.ts";
import type { ConnectionLogState } from "../../state/service_state.ts";
import type { ProcessState } from "../../state/state.ts";

/** A process as metrics see it. */
export interface Measured {
  readonly version: string;
  /** Whether it is about to stop. */
  readonly leaving?: boolean;
  readonly services: readonly MeasuredService[];
  describe(): Pick<ProcessState, "engine" | "threads" | "started" | "connections" | "log">;
}

/** A service as metrics see it. */
export interface MeasuredService {
  readonly name: string;
  readonly connections: number;
  readonly groups: Groups;
  readonly access?: AccessState;
  readonly connectionLog?: ConnectionLogState;
}

/** What the system counts for the process; what it does not tell is missing. */
export interface ProcessFigures {
  /** Seconds of processor time. */
  readonly processorSeconds?: number;
  /** Bytes. */
  readonly residentMemory?: number;
  readonly openDescriptors?: number;
  readonly mostDescriptors?: number;
  /** Most clients that are served at a time. */
  readonly mostConnections?: number;
  /** Records of connections that were lost, because threads made them faster than they could be read. */
  readonly lostRecords?: number;
}
