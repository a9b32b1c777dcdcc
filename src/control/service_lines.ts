import type { GroupSnapshot } from "../groups/snapshot.ts";
import { Slices } from "../state/slices.ts";
import type { ControlledService } from "./control_plane.ts";
import { heading } from "./show.ts";

/** The lines about a service. */
export type LinesOf = (service: ControlledService, slices: Slices) => readonly string[] | Promise<readonly string[]>;

/**
 * The lines about services, one after another. There may be thousands, so it takes its time, in which others have their
 * turn: the lines tell how a group was at one moment, and not all at the same one.
 *
 * @param headed whether each service has a heading
 */
export async function linesOfServices(
  services: readonly ControlledService[],
  linesOf: LinesOf,
  headed = false,
): Promise<string[]> {
  const lines: string[] = [], slices = new Slices(1);
  for (const service of services) {
    if (headed) lines.push(heading(service));
    for (const line of await linesOf(service, slices)) lines.push(line);
    if (slices.full) await slices.pause();
  }
  return lines;
}

/** Lines about groups, which are read one at a time. */
export function ofSnapshot(
  linesOf: (service: ControlledService, groups: readonly GroupSnapshot[]) => readonly string[],
): LinesOf {
  return async (service, slices) => {
    const groups: GroupSnapshot[] = [];
    for (const group of service.groups.eachSnapshot()) {
      groups.push(group);
      if (slices.full) await slices.pause();
    }
    return linesOf(service, groups);
  };
}
