import { AcceptRate } from "../../../table/clients/accept_rate.ts";
import { ClientTable } from "../../../table/clients/client_table.ts";
import { StickyTable } from "../../../table/sticky/sticky.ts";
import type { ServiceSettings } from "../../engine.ts";

/** Gives back what a thread that no longer runs held of what a service knows about its clients. */
export function abandonHeld({ stickyMemory, access, acceptRate }: ServiceSettings, thread: number): void {
  if (stickyMemory !== undefined) StickyTable.attach(stickyMemory).abandon(thread);
  if (access?.clients !== undefined) ClientTable.attach(access.clients.memory).abandon(thread);
  if (acceptRate !== undefined) AcceptRate.abandon(acceptRate.memory, thread);
}
