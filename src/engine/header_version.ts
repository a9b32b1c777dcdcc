import { PROXY } from "../table/table.ts";
import type { ServiceSettings } from "./engine.ts";

/** Version of the PROXY header with which a connection to a channel begins; 0: there is none. */
export type Version = 0 | 1 | 2;

const BY_SERVICE: Readonly<Record<ServiceSettings["proxy"], Version>> = { off: 0, v1: 1, v2: 2 };

/** By what a channel's row says. */
const BY_CHANNEL: Readonly<Record<number, Version>> = { [PROXY.OFF]: 0, [PROXY.V1]: 1, [PROXY.V2]: 2 };

/** What a service says of all its channels. */
export function standardVersion({ proxy }: Pick<ServiceSettings, "proxy">): Version {
  return BY_SERVICE[proxy];
}

/** The version that a channel gets. @param own what its row says: one of `PROXY` @param standard what its service says */
export function versionFor(own: number, standard: Version): Version {
  return own === PROXY.INHERITED ? standard : BY_CHANNEL[own];
}
