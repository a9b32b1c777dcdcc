import type { SourcePiece } from "../options/service_places.ts";
import { faultLines } from "../options/source_fault.ts";
import { ExitCode } from "../process/exit_codes.ts";

/** Something that a check has found. Without a code, it does not keep a start from succeeding. */
export interface Finding {
  /** The exit code that a start has because of it. */
  readonly code?: number;
  /** What it is, and more lines about it. */
  readonly lines: readonly string[];
}

/** A finding about a piece of a file. */
export function findingAt(place: SourcePiece, message: string, code?: number): Finding {
  return { code, lines: faultLines({ ...place, message, code: code ?? ExitCode.OK }) };
}
