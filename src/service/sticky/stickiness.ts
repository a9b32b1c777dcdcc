import type { ServiceSettings } from "../../engine/engine.ts";
import type { Groups } from "../../groups/groups.ts";
import type { StickyClients } from "../../groups/sticky_clients.ts";
import type { Draft } from "../drafts/draft.ts";
import type { ServiceAccess } from "../access/service_access.ts";

/**
 * The clients that the service is to remember: those that it remembers already, if nothing but their time changes. With
 * another size, a new table begins with them, and their connections of that moment do not count any more.
 *
 * @returns undefined for a service without `--sticky`, which then loads none of this
 */
export async function stickinessOf({ options }: Draft, groups: Groups): Promise<StickyClients | undefined> {
  const { sticky: seconds, stickySize } = options, before = groups.sticky;
  if (seconds === 0) return undefined;
  const { WAYS } = await import("../../table/sticky/sticky_layout.ts");
  if (before !== undefined && before.table.size === Math.ceil(stickySize / WAYS) * WAYS) return before;
  const { StickyClients } = await import("../../groups/sticky_clients.ts");
  const { StickyTable } = await import("../../table/sticky/sticky.ts"), { tell } = await import("./sticky_clock.ts");
  const clients = new StickyClients(groups, StickyTable.create(stickySize, groups.table.lanes), seconds);
  tell(clients);
  if (before !== undefined) clients.takeOver(before);
  return clients;
}

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
