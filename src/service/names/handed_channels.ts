import type { ChannelSpec, GroupSpec } from "../../groups/group_spec.ts";
import { type ChannelState, readState } from "../../groups/groups_state.ts";
import { givenValues } from "../../options/channel_values.ts";
import { familyOf } from "../../table/address.ts";

/** What a predecessor's words stood for. */
export interface HandedChannels {
  /** The channels of words that may stand for several. */
  readonly groups: readonly GroupSpec[];
  /** How many channels operators had created in a group. */
  readonly created: (group: number) => number;
}

/** Reads that from its state. @throws {TypeError} naming what is wrong with the state */
export function handedChannels(state: unknown): HandedChannels {
  const groups: GroupSpec[] = [], created: number[] = [];
  for (const { group, channels } of readState(state).groups) {
    while (groups.length <= group) groups.push({ channels: [] });
    groups[group] = { channels: channels.flatMap((channel) => handedChannel(channel, group) ?? []) };
    created[group] = channels.filter(({ spec }) => spec === undefined).length;
  }
  return { groups, created: (group) => created[group] ?? 0 };
}

function handedChannel({ spec, address }: ChannelState, group: number): ChannelSpec | undefined {
  if (spec?.word === undefined) return undefined;
  const { word, host, port } = spec;
  // An operator may have assigned another address, which is restored later.
  const own = familyOf(host) === 0 ? address : host;
  return { host, port, address: own, ...givenValues(spec), origin: { group, channel: 0, word, several: true } };
}
