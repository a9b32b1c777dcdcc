import type { EntryName } from "../control/entries.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { examineListeningSocket } from "../process/listening_socket.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { ServiceEnvironment } from "../process/service_environment.ts";

/** What a predecessor says at first, as JSON in one line. */
export interface Plan {
  /** Whether the predecessor has no terminal. */
  readonly background: boolean;
  /** Its listening sockets, each with the name of its service. */
  readonly sockets: readonly InheritedSocket[];
  /** Its entry in the control directory. */
  readonly entry: EntryName;
  /** The descriptor of its control socket, if that entry is not to be made again. */
  readonly control?: number;
}

/** Reads the plan of a predecessor, which may be another version. @throws {ExitError} when it cannot be understood */
export function readPlan(text: string): Plan {
  try {
    const { background, sockets, entry, control } = JSON.parse(text) as Plan;
    const fit = typeof background === "boolean" && Array.isArray(sockets) &&
      sockets.every(({ descriptor, name, hostname, port }) =>
        Number.isInteger(descriptor) && Number.isInteger(port) && typeof hostname === "string" &&
        (name === undefined || typeof name === "string")
      );
    const entryFits = "config" in entry ? isText(entry.config) : isText(entry.address) && Number.isInteger(entry.port);
    if (fit && entryFits && (control === undefined || Number.isInteger(control))) {
      // A service may be gone from the file since.
      return { background, sockets: sockets.map((socket) => ({ ...socket, optional: true })), entry, control };
    }
  } catch {
    // Said below.
  }
  throw new ExitError(ExitCode.SOFTWARE, "cannot understand what the running program hands over");
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** The listening sockets that a service manager handed over. @throws {ExitError} 71 when one is something else */
export function activatedSockets({ handedOver }: ServiceEnvironment): InheritedSocket[] {
  try {
    return handedOver.map(({ descriptor, name }) => ({ descriptor, name, ...examineListeningSocket(descriptor) }));
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  }
}
