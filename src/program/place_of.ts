import type { ChannelPlace } from "../service/events.ts";
import { formatChannelAddress } from "../table/address.ts";

/** A channel as lines of the log name it. */
export function placeOf({ group, channel, address }: ChannelPlace): Record<keyof ChannelPlace, number | string> {
  return { group, channel, address: formatChannelAddress(address) };
}
