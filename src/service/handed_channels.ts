import type { ChannelSpec, GroupSpec } from "../groups/group_spec.ts";
import { type ChannelState, type GroupState, readState } from "../groups/groups_state.ts";
import { givenValues } from "../options/channel_values.ts";
import { familyOf } from "../table/address.ts";
import { keepingUnknown } from "./wanted_groups.ts";
import type { Service } from "./service.ts";

/**
 * Gives words whose names do not resolve here the channels that they had in a predecessor: these are better than none.
 *
 * @param state the predecessor's
 * @throws {TypeError} naming what is wrong with the state
 */
export function takeOverChannels(service: Service, state: unknown): void {
  const { draft, groups } = service,
    unknown = (word: ChannelSpec) => word.origin?.several && word.address === undefined;
  if (!draft.groups.some(({ channels }) => channels.some(unknown))) return;
  const handed = handedGroups(
    draft.groups.flatMap(({ channels }) => channels.filter(unknown)),
    readState(state).groups,
  );
  const wanted = keepingUnknown(handed, draft.groups, () => true);
  groups.replace(draft.groups, wanted);
  service.become({ ...draft, groups: wanted });
}

/** The channels that the predecessor had for these words, by groups. */
function handedGroups(words: readonly ChannelSpec[], states: readonly GroupState[]): GroupSpec[] {
  const groups: GroupSpec[] = [];
  for (const { group, strategy, channels } of states) {
    const own = channels.flatMap((state) => {
      const word = words.find(({ origin }) => {
        return state.spec?.word === origin!.word && (group === origin!.group || origin!.word.startsWith("srv:"));
      });
      return word === undefined ? [] : handedChannel(state, word);
    });
    while (groups.length <= group) groups.push({ channels: [] });
    groups[group] = { strategy, channels: own };
  }
  return groups;
}

function handedChannel({ spec, address }: ChannelState, { origin }: ChannelSpec): ChannelSpec {
  const { word: _, ...place } = spec!;
  return {
    ...place,
    // An operator may have assigned another one, which is restored later.
    address: familyOf(place.host) === 0 ? address : place.host,
    ...givenValues(place),
    origin,
  };
}
