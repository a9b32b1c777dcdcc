import type { ServiceSettings } from "./engine.ts";

/** Whether clients of a service with these settings are asked for something before they are served. */
export function asksClients({ access, conditions }: ServiceSettings): boolean {
  return access !== undefined || (conditions?.size ?? 0) > 0;
}

/** Whether they are, or have to wait until it is time. Engines load what that takes only then. */
export function usesIntake(settings: ServiceSettings): boolean {
  return settings.acceptRate !== undefined || asksClients(settings);
}
