import { Access } from "../access/access.ts";
import type { Selection } from "../selection/selection.ts";
import { formatHost } from "../table/address.ts";
import { asksClients } from "./asks_clients.ts";
import type { ServiceEvent, ServiceSettings } from "./engine.ts";
import type { ReceptionTerms } from "./reception.ts";

/** The thread that makes them. */
export interface ReceptionThread {
  /** Its number. */
  readonly lane: number;
  /** Milliseconds of a clock that all threads share. */
  readonly now: () => number;
  readonly emit: (event: ServiceEvent) => void;
}

/** What a service with these settings asks of its clients; undefined if they need not stop anywhere. */
export function receptionTerms(
  settings: ServiceSettings,
  selection: Selection,
  { lane, now, emit }: ReceptionThread,
): ReceptionTerms | undefined {
  if (!asksClients(settings)) return undefined;
  const { access, preambleTimeout } = settings;
  return {
    access: access && new Access(access, lane, now, ({ address, ...refused }) => {
      emit({ type: "refused", client: formatHost(address), ...refused });
    }),
    preambleTimeout: preambleTimeout * 1000,
    listensTo: (client) => selection.needsGreeting(client),
    takes: (client) => selection.takes(client),
  };
}
