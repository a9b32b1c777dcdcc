import { escape } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { Instance } from "../service/instance.ts";
import { allPlaces } from "../service/reload/place_index.ts";
import type { Service } from "../service/service.ts";

/** What a process hands over at the last moment. */
export interface HandedState {
  /** For each service, its counters and what operators did. */
  readonly services: Readonly<Record<string, unknown>>;
  /** What health checks know; missing without checks. */
  readonly health?: unknown;
  /** For those with `--sticky`, the clients that come back to their channels. */
  readonly sticky?: Readonly<Record<string, unknown>>;
  /** For those with rules of operators about who may come in, these rules. */
  readonly access?: Readonly<Record<string, unknown>>;
}

/** The state of all services. */
export function stateOf({ services, healthState: health }: Instance): HandedState {
  const sticky = services.flatMap(({ name, groups }) => groups.sticky ? [[name, groups.sticky.state()]] : []);
  const access = services.flatMap(({ name, access }) =>
    access?.operators?.size ? [[name, access.operators.list()]] : []
  );
  return {
    ...health === undefined ? {} : { health },
    services: Object.fromEntries(services.map((service) => [service.name, service.groups.state(service.draft.groups)])),
    ...sticky.length > 0 && { sticky: Object.fromEntries(sticky) },
    ...access.length > 0 && { access: Object.fromEntries(access) },
  };
}

/**
 * Takes over the state of a predecessor, which may be another version. A service whose name the predecessor does not
 * know has the state of the one that listened in the same places and is gone, as in a reload. What cannot be taken over
 * is logged and left out: a service without its counters is better than none.
 *
 * @param sockets the predecessor's, each with the name of its service
 */
export async function restoreState(
  instance: Instance,
  text: string,
  sockets: readonly InheritedSocket[],
  logger: Logger,
): Promise<void> {
  const { services } = instance, { services: states = {}, health, sticky = {}, access = {} } = parsed(text, logger);
  const renamed = renamedServices(services, Object.keys(states), sockets);
  for (const service of services) {
    const { name, groups } = service, before = Object.hasOwn(states, name) ? name : renamed(service);
    if (before === undefined) continue;
    takeOver(
      "counters and changes at run time",
      () => {
        instance.takeOverChannels(service, states[before]);
        groups.restore(states[before], service.draft.groups);
        instance.takeOverConditions(service);
      },
      name,
      logger,
    );
    if (Object.hasOwn(access, before)) await restoreAccess(service, access[before], logger);
    if (groups.sticky === undefined || !Object.hasOwn(sticky, before)) continue;
    // Last, when the channels are there that operators have created.
    takeOver("sticky clients", () => groups.sticky!.restore(sticky[before]), name, logger);
  }
  instance.takeOverHealth(health);
}

/** Takes over rules of operators, which hold before the first client comes. */
async function restoreAccess(service: Service, state: unknown, logger: Logger): Promise<void> {
  const { operatorsOf } = await import("../service/access/operator_access.ts"), operators = await operatorsOf(service);
  takeOver("operators' rules about who may come in", () => operators.restore(state), service.name, logger);
}

function parsed(text: string, logger: Logger): Partial<HandedState> {
  try {
    return JSON.parse(text) as HandedState;
  } catch {
    logger.warn("counters and changes at run time are not taken over: they cannot be read");
    return {};
  }
}

function takeOver(what: string, act: () => void, service: string, logger: Logger): void {
  try {
    act();
  } catch (error) {
    const reason = escape((error as Error).message);
    logger.warn("service {service}: {what} are not taken over: {reason}", { service, what, reason });
  }
}

/** What a service was called that is called something else now. */
function renamedServices(
  services: readonly Service[],
  before: readonly string[],
  sockets: readonly InheritedSocket[],
): (service: Service) => string | undefined {
  const names = new Set(services.map(({ name }) => name)), gone = new Set(before.filter((name) => !names.has(name)));
  if (gone.size === 0) return () => undefined;
  const all = Map.groupBy(sockets.filter(({ name }) => name !== undefined && gone.has(name)), ({ name }) => name!);
  const byPlaces = new Map([...all].map(([name, places]) => [allPlaces(places), name]));
  return ({ draft: { places } }) => byPlaces.get(allPlaces(places));
}
