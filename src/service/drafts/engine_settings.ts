import type { ServiceSettings } from "../../engine/engine.ts";
import type { Groups } from "../../groups/groups.ts";
import type { StickyClients } from "../../groups/sticky_clients.ts";
import type { ServiceAccess } from "../access/service_access.ts";
import type { Draft } from "./draft.ts";

/**
 * A draft's settings, with where clients are remembered, who may come in, and which clients groups are for: both those
 * conditions that groups have now and those that they are to have, so that they can change at any moment.
 */
export function settingsWith(
  { settings, access, groups: wanted }: Draft,
  groups: Groups,
  clients: StickyClients | undefined,
  guard: ServiceAccess | undefined,
): ServiceSettings {
  const conditions = groups.conditions.map(groups.conditionNumbers(wanted));
  if (clients === undefined && guard === undefined && conditions === undefined) return settings;
  return {
    ...settings,
    stickyMemory: clients?.table.buffer,
    access: guard?.settings(access),
    acceptRate: guard?.acceptRate(access),
    conditions,
  };
}
