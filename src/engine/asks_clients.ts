import type { ServiceSettings } from "./engine.ts";

/**
 * Whether clients of a service with these settings are asked for something before they are served, or have to wait until
 * it is time. Engines load what that takes only then.
 */
export function asksClients({ access, acceptRate, conditions }: ServiceSettings): boolean {
  return access !== undefined || acceptRate !== undefined || (conditions?.size ?? 0) > 0;
}
