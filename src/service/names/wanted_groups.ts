import { type ChannelSpec, type GroupSpec, keyOf } from "../../groups/group_spec.ts";
import { srvName } from "../../options/expanding_words.ts";
import { type Address, formatChannelAddress } from "../../table/address.ts";
import { leadsBackToAny, ownAddressesOnce } from "../drafts/loops.ts";
import type { RunningService } from "../running_service.ts";

/** An address that a name cannot stand for, because it is the balancer itself. */
export interface NameLoop {
  readonly group: number;
  readonly host: string;
  readonly address: string;
}

/** The groups without new addresses that are the service itself. A channel that has an address keeps that. */
export function withoutLoops(
  { draft, addresses }: RunningService,
  wanted: readonly GroupSpec[],
  found: (loop: NameLoop) => void,
): GroupSpec[] {
  if (draft.options.allowLoop) return [...wanted];
  const own = ownAddressesOnce();
  return wanted.map((spec, group) => {
    const before = new Map(draft.groups[group]?.channels.map((channel) => [keyOf(channel), channel]));
    const channels = spec.channels.flatMap((channel) => {
      const { host, address, port, maxc = 0, origin } = channel, was = before.get(keyOf(channel));
      if (address === undefined || maxc > 0 || was?.address === address) return channel;
      const place: Address = { host: address, port };
      if (!leadsBackToAny(place, addresses, own)) return channel;
      found({ group, host: origin?.word ?? host, address: formatChannelAddress(place) });
      return was ?? (origin?.several ? [] : { ...channel, address: undefined });
    });
    return { ...spec, channels };
  });
}

/** The groups in which a weight that SRV records say stays as it is where an operator has changed it. */
export function withOperatorsWeights(
  { draft, groups: { table } }: RunningService,
  wanted: readonly GroupSpec[],
): GroupSpec[] {
  return wanted.map((spec, group) => {
    const before = draft.groups[group]?.channels ?? [], places = new Map(before.map((one, i) => [keyOf(one), i]));
    const channels = spec.channels.map((channel): ChannelSpec => {
      const isSaid = channel.origin?.several && srvName(channel.origin.word) !== undefined;
      const place = isSaid ? places.get(keyOf(channel)) : undefined;
      if (place === undefined || before[place].weight === channel.weight) return channel;
      const { weight = 1 } = before[place];
      return table.weight(table.channelAt(group, place)) === weight ? channel : { ...channel, weight };
    });
    return { ...spec, channels };
  });
}

/** The groups with as many new channels as there are rows for: removed ones keep theirs while they have connections. */
export function withinRoom(
  { draft, groups: { table } }: RunningService,
  wanted: readonly GroupSpec[],
): { groups: GroupSpec[]; complete: boolean } {
  let complete = true;
  const groups = wanted.map((spec, group) => {
    const before = new Set(draft.groups[group]?.channels.map(keyOf)),
      isNew = (one: ChannelSpec) => !before.has(keyOf(one));
    let vacant = spec.channels.some(isNew) ? table.vacantRows(group).length : Infinity;
    const channels = spec.channels.filter((channel) => !isNew(channel) || vacant-- > 0 || !channel.origin?.several);
    if (channels.length < spec.channels.length) complete = false;
    return { ...spec, channels };
  });
  return { groups, complete };
}
