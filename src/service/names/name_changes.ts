import type { GroupSpec } from "../../groups/group_spec.ts";
import type { GroupChange } from "../../groups/replacement.ts";
import { type Address, formatChannelAddress } from "../../table/address.ts";
import type { BalancerEvent } from "../events.ts";
import type { Crowded } from "./expanded_groups.ts";
import type { RunningService } from "../running_service.ts";
import type { NameLoop } from "./wanted_groups.ts";

/** What a word's name has got and lost. */
interface Difference {
  readonly added: string[];
  readonly removed: string[];
}

/** Reports what becomes of channels because their names stand for something else. */
export class NameChanges {
  readonly #emit: (event: BalancerEvent) => void;
  /** What has been reported already, and is still so. */
  readonly #crowded = new WeakMap<RunningService, ReadonlySet<string>>();
  readonly #loops = new WeakMap<RunningService, Set<string>>();

  constructor(emit: (event: BalancerEvent) => void) {
    this.#emit = emit;
  }

  /** Channels have changed. @param before what they were made from */
  made(service: RunningService, before: readonly GroupSpec[], changes: readonly GroupChange[]): void {
    const { name, groups: { table }, draft } = service, differences = new Map<string, Difference & Word>();
    for (const change of changes) {
      if (change.type === "address-changed") {
        const { group, channel, host, to, from, port } = change, address: Address = { host: to, port };
        const about = { service: name, group, channel, host, address };
        if (from === undefined) this.#emit({ type: "channel-resolved", ...about });
        else this.#emit({ type: "channel-moved", ...about, from: { host: from, port } });
      } else if (change.type === "channel-added" || change.type === "channel-removed") {
        const { group, channel, host, port } = change, specs = change.type === "channel-added" ? draft.groups : before;
        const word = wordOf(specs, group, channel);
        // The word's place in the table while its name was not known.
        if (word === undefined || word.host === host) continue;
        const key = `${group} ${word.host}`,
          difference = differences.get(key) ?? { ...word, group, added: [], removed: [] };
        differences.set(key, difference);
        (change.type === "channel-added" ? difference.added : difference.removed)
          .push(formatChannelAddress({ host, port }));
      }
    }
    for (const { group, host, added, removed } of differences.values()) {
      this.#emit({ type: "name-changed", service: name, group, host, added, removed, channels: table.size(group) });
    }
  }

  /** These words have more channels than there is room for. Reported once while that is so. */
  crowded(service: RunningService, all: readonly Crowded[]): void {
    const known = this.#crowded.get(service), now = new Set<string>();
    for (const { group, host, wanted, taken } of all) {
      const key = `${group} ${host}`;
      now.add(key);
      if (!known?.has(key)) {
        this.#emit({ type: "name-crowded", service: service.name, group, host, wanted, taken });
      }
    }
    if (known !== undefined || now.size > 0) this.#crowded.set(service, now);
  }

  /** A name stands for the balancer itself. Reported once. */
  loop(service: RunningService, { group, host, address }: NameLoop): void {
    const known = this.#loops.get(service) ?? new Set(), key = `${group} ${host} ${address}`;
    if (known.has(key)) return;
    this.#loops.set(service, known.add(key));
    this.#emit({ type: "name-loop", service: service.name, group, host, loop: address });
  }
}

interface Word {
  readonly group: number;
  readonly host: string;
}

/** The word of a channel that is one of several. */
function wordOf(
  specs: readonly GroupSpec[],
  group: number,
  channel: number,
): Word | undefined {
  const origin = specs[group]?.channels[channel]?.origin;
  return origin?.several ? { group, host: origin.word } : undefined;
}
