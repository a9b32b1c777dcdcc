import type { Logger } from "../log/log.ts";
import type { ChannelPlace, HealthChange } from "../service/events.ts";
import { placeOf } from "./place_of.ts";

/** Logs that a channel is down or up. While it goes up and down all the time, that is said once. */
export function logHealth(
  logger: Logger,
  event: ChannelPlace & HealthChange,
  prefix: string,
  service: Readonly<Record<string, unknown>>,
): void {
  const { type, code, reason, flapping } = event, channel = `${prefix}group {group} channel {channel} ({address})`;
  const values = { ...service, ...placeOf(event), code, why: reason === "" ? "" : `: ${reason}` };
  if (type === "channel-flapping") {
    return logger.warn(`${channel} is flapping, {code}{why}; from now on it needs more good checks to come up`, values);
  }
  if (flapping) return;
  const calm = event.calm ? "no longer flaps and " : "";
  if (type === "channel-up") logger.info(`${channel} ${calm}is up`, values);
  else logger.warn(`${channel} ${calm}is down, {code}{why}`, values);
}
