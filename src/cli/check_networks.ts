import type { PlacedService, ServicePart } from "../options/service_places.ts";
import { serviceOptions } from "../options/values.ts";
import { networkFault, type ServiceFault } from "../program/service_fault.ts";
import { placedNetworks } from "../service/access/drafted_access.ts";
import { NetworkFiles } from "../service/access/network_files.ts";

/** Reads the files of networks that services name. @returns what is wrong with which service */
export async function networkFindings(
  services: readonly PlacedService[],
): Promise<(readonly [service: PlacedService, fault: ServiceFault])[]> {
  const files = new NetworkFiles({ changed: () => {}, read: () => {}, stale: () => {} });
  const found: [PlacedService, ServiceFault][] = [];
  for (const service of services) {
    for (const [words, part] of wordsOf(service)) {
      try {
        await files.networks(words);
      } catch (error) {
        found.push([service, networkFault(error as Error, part)]);
      }
    }
  }
  return found;
}

/** The words for networks that a service has, and where they are. */
function wordsOf({ spec: { values, groups } }: PlacedService): (readonly [words: string, part: ServicePart])[] {
  return [
    ...placedNetworks(serviceOptions(values)).map(([value, option]) => [value, { option, value }] as const),
    ...groups.flatMap(({ conditions }, group) => {
      return conditions?.from === undefined ? [] : [[conditions.from, { group, condition: "from" }] as const];
    }),
  ];
}
