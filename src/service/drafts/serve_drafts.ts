import type { Engine, Listener } from "../../engine/engine.ts";
import { Groups } from "../../groups/groups.ts";
import { Statistics } from "../../table/statistics/statistics.ts";
import { Table } from "../../table/table.ts";
import { accessOf } from "../access/access_on_demand.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "./draft.ts";
import { draftService } from "./draft_service.ts";
import { type BalancerEvent, balancerEvent } from "../events.ts";
import type { ConnectFailed } from "../health/health.ts";
import { ownAddressesOnce } from "./loops.ts";
import { Service } from "../service.ts";
import { SlowStart } from "../slow_start.ts";
import type { ServiceRequest } from "./service_request.ts";
import { stickinessOf } from "../sticky/stickiness.ts";
import { settingsWith } from "./engine_settings.ts";
import { settled } from "./settled.ts";
import type { Surroundings } from "./surroundings.ts";

/** What serves services. */
export interface ServiceHost {
  readonly engine: Engine;
  readonly around: Surroundings;
  readonly emit: (event: BalancerEvent) => void;
  /** A connect to a channel failed whose health is checked. */
  readonly connectFailed: (service: Service, event: ConnectFailed) => void;
  /** Whether channels that become usable now have been out of use; false while a predecessor's state is taken over. */
  readonly slowStarts: () => boolean;
  /** A service has begun. */
  readonly serving: (service: Service) => void;
  /** A service accepts no more clients. Perhaps called repeatedly. */
  readonly stopping: (service: Service) => void;
}

/** Serves all of them or, if one fails, none. */
export async function serveDrafts(
  host: ServiceHost,
  drafts: readonly Draft[],
  opened: readonly Listener[][],
): Promise<Service[]> {
  const outcomes = await Promise.allSettled(drafts.map((draft, i) => serveDraft(host, draft, opened[i])));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  const services = outcomes.flatMap((outcome) => outcome.status === "fulfilled" ? [outcome.value] : []);
  if (failed !== undefined) {
    await Promise.all(services.map((service) => service.stop()));
    throw failed.reason;
  }
  return services;
}

/** Serves a service on these sockets. */
export async function serveDraft(host: ServiceHost, draft: Draft, listeners: readonly Listener[]): Promise<Service> {
  const { engine, around, emit, connectFailed, serving, stopping, slowStarts } = host, { request } = draft;
  const groups = new Groups(Table.create(around.threads), around.strategies);
  groups.table.statistics = Statistics.create(around.threads);
  let service: Service | undefined;
  const nameOf = () => service?.name ?? request.name ?? String(listeners[0].address.port);
  if (draft.networks !== undefined) groups.conditions.learn(draft.networks);
  groups.replace([], draft.groups);
  try {
    const sticky = await stickinessOf(draft, groups), access = await accessOf(draft, groups.table.lanes);
    const settings = settingsWith(draft, groups, sticky, access);
    const served = await engine.serve({
      table: groups.table,
      settings,
      emit: (event) => {
        if (event.type === "connect-failed") return service === undefined ? undefined : connectFailed(service, event);
        const named = balancerEvent(event, groups.table, nameOf());
        if (named !== undefined) emit(named);
      },
    }, listeners);
    groups.connections = { now: () => engine.now(), oldest: () => served.oldest() };
    const parts = { name: nameOf(), draft, groups, served, access, sticky, stopping: () => stopping(made) };
    const made: Service = new Service(parts, emit);
    serving(made);
    const slowStart = new SlowStart(groups.table, () => made.draft.options.slowStart, { returns: slowStarts });
    served.ended.then(() => slowStart.stop());
    return service = made;
  } catch (error) {
    throw blaming(error, { request, place: draft.places[0] });
  }
}

/** Closes what has been opened if something fails. */
export function openOrClose(open: () => void, opened: readonly (readonly Listener[])[]): void {
  try {
    open();
  } catch (error) {
    for (const listener of opened.flat()) listener.close();
    throw error;
  }
}

/** Resolves what they name, all at the same time. */
export async function draftAll(requests: readonly ServiceRequest[], around: Surroundings): Promise<Draft[]> {
  const own = ownAddressesOnce();
  return await settled(requests.map(async (request) => {
    try {
      return await draftService(request, around, own);
    } catch (error) {
      throw blaming(error, { request });
    }
  }));
}
