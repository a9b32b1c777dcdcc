import type { Listener, ListenPlace, ServedService } from "../../src/engine/engine.ts";
import { Groups } from "../../src/groups/groups.ts";
import { strategies } from "../../src/selection/strategy.ts";
import { AccessOnDemand } from "../../src/service/access/access_on_demand.ts";
import type { Draft } from "../../src/service/drafts/draft.ts";
import type { Surroundings } from "../../src/service/drafts/surroundings.ts";
import { NamesOnDemand } from "../../src/service/names/names_on_demand.ts";
import { Service } from "../../src/service/service.ts";
import { Table } from "../../src/table/table.ts";

/** What drafts need, where no instance is. */
export const SURROUNDINGS: Surroundings = {
  threads: 1,
  trace: false,
  records: false,
  strategies,
  customStrategies: false,
  unresolved: "error",
  names: new NamesOnDemand({ services: () => [], emit: () => {}, waiting: () => {} }),
  access: new AccessOnDemand({ services: () => [], emit: () => {}, mostConnections: () => 100, busy: () => false }),
};

/** A listening socket that nobody can connect to. */
export function pretendedListener(address: ListenPlace): Listener {
  return { address, close: () => {} };
}

/** How an engine would serve a service that only pretends. */
export class PretendedServed implements ServedService {
  readonly id = 1;
  readonly connections = 0;
  readonly ended = new Promise<void>(() => {});
  listeners: Listener[];

  constructor(places: readonly ListenPlace[]) {
    this.listeners = places.map(pretendedListener);
  }

  change = () => Promise.resolve();
  addListener = (listener: Listener) => Promise.resolve(void this.listeners.push(listener));
  removeListener = (gone: Listener) => this.listeners = this.listeners.filter((one) => one !== gone);
  handOver = () => Promise.reject(new Error("nothing moves here"));
  pauseAccepting = () => {};
  resumeAccepting = () => {};
  stopAccepting = () => {};
  close = () => Promise.resolve(0);
  closeAll = () => {};
  open = () => [];
  oldest = () => new Map<number, number>();
  end = () => Promise.resolve(0);
}

/** A service with the draft's groups that has no clients. */
export function pretendedService(draft: Draft): { readonly service: Service; readonly served: PretendedServed } {
  const served = new PretendedServed(draft.places), groups = new Groups(Table.create(), strategies);
  groups.replace([], draft.groups);
  return { service: new Service({ name: draft.request.name!, draft, groups, served, stopping: () => {} }), served };
}
