import type { Networks } from "../access/networks.ts";
import { blaming } from "./blame.ts";
import type { ServiceRequest } from "./service_request.ts";

/**
 * The networks that conditions of groups name, by their words; undefined if none does.
 *
 * @param read what words stand for
 */
export async function conditionNetworks(
  request: ServiceRequest,
  read: (words: string) => Promise<Networks>,
): Promise<ReadonlyMap<string, Networks> | undefined> {
  const networks = new Map<string, Networks>();
  for (const [group, { conditions }] of request.groups.entries()) {
    const words = conditions?.from;
    if (words === undefined || networks.has(words)) continue;
    try {
      networks.set(words, await read(words));
    } catch (error) {
      throw blaming(error, { request, part: { group, channel: 0 } });
    }
  }
  return networks.size === 0 ? undefined : networks;
}
