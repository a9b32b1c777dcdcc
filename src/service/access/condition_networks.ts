import type { Networks } from "../../access/networks.ts";
import type { AccessOnDemand } from "./access_on_demand.ts";
import { blaming } from "../blame.ts";
import type { ServiceRequest } from "../drafts/service_request.ts";

/**
 * The networks that conditions of groups name, by their words; undefined if none does.
 *
 * @throws {NetworkFileProblem} when a file cannot be read, or a line of it is no network
 */
export async function conditionNetworks(
  request: ServiceRequest,
  access: Pick<AccessOnDemand, "networks">,
): Promise<ReadonlyMap<string, Networks> | undefined> {
  const networks = new Map<string, Networks>();
  for (const [group, { conditions }] of request.groups.entries()) {
    const words = conditions?.from;
    if (words === undefined || networks.has(words)) continue;
    try {
      networks.set(words, await access.networks(words));
    } catch (error) {
      throw blaming(error, { request, part: { group, condition: "from" } });
    }
  }
  return networks.size === 0 ? undefined : networks;
}
