import type { Balancer } from "../balancer/balancer.ts";
import { endlessLoops } from "../balancer/loops.ts";
import type { Logger } from "../log/log.ts";
import { formatAddress } from "../table/address.ts";

/** Warns of channels that are the balancer itself, at the start and whenever an operator creates such a channel. */
export class LoopWarnings {
  readonly #logger: Logger;
  readonly #balancer: Balancer;
  /** Those found by the last check. */
  #known: ReadonlySet<string> = new Set();

  constructor(logger: Logger, balancer: Balancer) {
    this.#logger = logger;
    this.#balancer = balancer;
  }

  /** Checks for new ones. */
  look(): void {
    const loops = new Set<string>();
    for (const { group, channel, address } of endlessLoops(this.#balancer.groups, this.#balancer.address)) {
      const place = `${group} ${channel}`;
      loops.add(place);
      if (this.#known.has(place)) continue;
      this.#logger.warn(
        "group {group} channel {channel} ({address}) is this balancer itself, without a limit: a client comes back endlessly",
        { group, channel, address: formatAddress(address) },
      );
    }
    this.#known = loops;
  }
}
