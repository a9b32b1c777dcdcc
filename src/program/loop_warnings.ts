import type { Logger } from "../log/log.ts";
import type { Instance } from "../service/instance.ts";
import { endlessLoops, ownAddressesOnce } from "../service/drafts/loops.ts";
import { formatChannelAddress } from "../table/address.ts";
import { servicePrefix } from "./service_prefix.ts";

/** Warns of channels that are their own service, at the start and whenever an operator creates such a channel. */
export class LoopWarnings {
  readonly #logger: Logger;
  readonly #instance: Instance;
  /** Those found by the last check. */
  #known: ReadonlySet<string> = new Set();

  constructor(logger: Logger, instance: Instance) {
    this.#logger = logger;
    this.#instance = instance;
  }

  /** Checks for new ones. */
  look(): void {
    const loops = new Set<string>(), own = ownAddressesOnce();
    for (const { name, groups, addresses } of this.#instance.services) {
      for (const { group, channel, address } of endlessLoops(groups, addresses, own)) {
        const place = `${name} ${group} ${channel}`, { prefix, service } = servicePrefix(this.#instance, name);
        loops.add(place);
        if (this.#known.has(place)) continue;
        this.#logger.warn(
          `${prefix}group {group} channel {channel} ({address}) is this balancer itself, without a limit: a client comes back endlessly`,
          { ...service, group, channel, address: formatChannelAddress(address) },
        );
      }
    }
    this.#known = loops;
  }
}
