import { escape } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import type { Instance } from "../service/instance.ts";

/** What a process hands over at the last moment: for each service, its counters and what operators did. */
export interface HandedState {
  readonly services: Readonly<Record<string, unknown>>;
}

/** The state of all services. */
export function stateOf({ services }: Instance): HandedState {
  return {
    services: Object.fromEntries(services.map((service) => [service.name, service.groups.state(service.draft.groups)])),
  };
}

/**
 * Takes over the state of a predecessor, which may be another version. What cannot be taken over is logged and left out:
 * a service without its counters is better than none.
 */
export function restoreState({ services }: Instance, text: string, logger: Logger): void {
  let states: HandedState["services"] = {};
  try {
    states = (JSON.parse(text) as HandedState).services ?? {};
  } catch {
    logger.warn("counters and changes at run time are not taken over: they cannot be read");
  }
  for (const service of services) {
    const { name, groups, draft } = service;
    if (!Object.hasOwn(states, name)) continue;
    try {
      groups.restore(states[name], draft.groups);
    } catch (error) {
      logger.warn("service {service}: counters and changes at run time are not taken over: {reason}", {
        service: name,
        reason: escape((error as Error).message),
      });
    }
  }
}
