import type { ServiceSettings } from "./engine.ts";

/**
 * Whether a service with these settings asks its clients for something before they are served. Engines load what that
 * takes only then.
 */
export function asksClients({ access, conditions }: ServiceSettings): boolean {
  return access !== undefined || (conditions?.size ?? 0) > 0;
}
