import type { Groups } from "../../groups/groups.ts";
import type { StickyClients } from "../../groups/sticky_clients.ts";
import { importLater } from "../../process/import_later.ts";
import type { Draft } from "../drafts/draft.ts";

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
  const { StickyClients } = await importLater<typeof import("../../groups/sticky_clients.ts")>(
    new URL("../../groups/sticky_clients.ts", import.meta.url),
  );
  const { StickyTable } = await importLater<typeof import("../../table/sticky/sticky.ts")>(
    new URL("../../table/sticky/sticky.ts", import.meta.url),
  );
  const { tell } = await import("./sticky_clock.ts");
  const clients = new StickyClients(groups, StickyTable.create(stickySize, groups.table.lanes), seconds);
  tell(clients);
  if (before !== undefined) clients.takeOver(before);
  return clients;
}
