import type { FailuresState } from "../../state/failures_state.ts";
import type { LogLine } from "../../log/log.ts";
import type { RecordState } from "../../state/record_state.ts";
import type { Slices } from "../../state/slices.ts";

/** What came of a request. */
export interface Said {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** What the page and its API tell about: a process as its operator sees it. */
export interface WebSource {
  /** The program's version. */
  readonly version: string;
  /** What `show json` says, as text. It is made in slices, which tell how long that took. */
  state(slices: Slices): Promise<string>;
  /** What `show failed` says about so many connections that did not end well. */
  failures(most: number): Promise<FailuresState>;
  /** Tells of each that comes. @returns what ends that */
  onFailure(listener: (record: RecordState) => void): () => void;
  /** The latest lines of the log, the oldest first. */
  lines(): readonly LogLine[];
  /** Tells of each that comes. @returns what ends that */
  onLine(listener: (line: LogLine) => void): () => void;
  /** Runs a control command in a service and a group. */
  run(command: string, where: { readonly service: string | undefined; readonly group: number }): Promise<Said>;
}
