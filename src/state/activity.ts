import type { ServiceState } from "./service_state.ts";

/** Whether a service says how its connections fare: earlier versions do not. */
export function saysHowConnectionsFare({ groups, rate, lastMinute }: ServiceState): boolean {
  return typeof rate === "number" && lastMinute !== undefined &&
    groups.every(({ channels }) =>
      channels.every(({ times, troubles }) => times !== undefined && Array.isArray(troubles))
    );
}
