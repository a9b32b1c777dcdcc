import type { UnresolvedChannel } from "../../groups/groups.ts";
import { sameFamilyAs } from "../../process/resolve.ts";
import type { BalancerEvent } from "../events.ts";
import { resolve } from "../drafts/group_specs.ts";
import type { RunningService } from "../running_service.ts";

/** Milliseconds until hosts that do not resolve are looked up again, at first and at most. */
const FIRST = 1_000, LONGEST = 60_000;

/** Hosts that are looked up at a time. */
const AT_A_TIME = 16;

/** Looks up hosts that did not resolve, again and again, and gives their channels the address. */
export class UnresolvedHosts {
  readonly #services: () => readonly RunningService[];
  readonly #emit: (event: BalancerEvent) => void;
  /** Channels of which it has been reported that they wait. */
  readonly #known = new WeakMap<RunningService, Set<string>>();
  #pause = FIRST;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(services: () => readonly RunningService[], emit: (event: BalancerEvent) => void) {
    this.#services = services;
    this.#emit = emit;
  }

  /** There may be new ones: looks them up soon. */
  watch(): void {
    clearTimeout(this.#timer);
    this.#pause = FIRST;
    this.#schedule();
  }

  /** Ends the look-ups. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Nothing is scheduled while every host is known. */
  #schedule(): void {
    let count = 0;
    for (const service of this.#services()) {
      const known = this.#known.get(service) ?? new Set(), now = new Set<string>();
      for (const { group, channel, host, id } of service.groups.unresolved()) {
        const key = `${id} ${host}`;
        if (!isFollowed(service, group, channel, host)) count++;
        now.add(key);
        if (known.has(key)) continue;
        this.#emit({ type: "channel-unresolved", service: service.name, group, channel, host });
      }
      this.#known.set(service, now);
    }
    if (this.#stopped || count === 0) return;
    this.#timer = setTimeout(() => this.#look(), this.#pause);
    // The program need not go on for this.
    Deno.unrefTimer(this.#timer);
  }

  async #look(): Promise<void> {
    const queue = this.#services().flatMap((service) =>
      service.groups.unresolved().flatMap((waiting) => {
        const { group, channel, host } = waiting;
        return isFollowed(service, group, channel, host) ? [] : { service, channel: waiting };
      })
    );
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift()) {
        await this.#lookUp(next.service, next.channel);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    this.#pause = Math.min(this.#pause * 2, LONGEST);
    clearTimeout(this.#timer);
    this.#schedule();
  }

  async #lookUp(service: RunningService, unresolved: UnresolvedChannel): Promise<void> {
    const { groups, name, source } = service, { host, id, group } = unresolved;
    let address: string;
    try {
      address = await resolve(host, sameFamilyAs(source));
    } catch {
      return;
    }
    if (!groups.resolved(unresolved, address)) return;
    const channel = groups.table.numberOf(id);
    this.#emit({ type: "channel-resolved", service: name, group, channel, host, address: groups.table.address(id) });
  }
}

/** Whether its name is asked for anyway. */
function isFollowed({ groups }: RunningService, group: number, channel: number, host: string): boolean {
  return groups.resolutionOf?.(group, channel, host) !== undefined;
}
