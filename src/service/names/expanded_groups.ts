import { conditionsKey } from "../../groups/condition_numbers.ts";
import type { ChannelSpec, GroupSpec, Origin } from "../../groups/group_spec.ts";
import type { ServicePlace } from "../../names/service_records.ts";
import { givenValues } from "../../options/channel_values.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../table/limits.ts";
import type { ChannelOptions, RequestedGroup } from "../options/options.ts";

/** What a channel's word stands for. */
export type Meaning =
  /** One address; undefined while it is not known. */
  | { readonly kind: "one"; readonly address: string | undefined }
  /** All of these addresses; none while they are not known. */
  | { readonly kind: "all"; readonly addresses: readonly string[] }
  /** The places of a service by priority; none while they are not known. */
  | { readonly kind: "service"; readonly places: readonly (readonly (ServicePlace & { address?: string })[])[] };

/** A word whose channels do not all find room. */
export interface Crowded {
  readonly group: number;
  readonly host: string;
  /** How many channels it stands for in the group, and how many of them there are. */
  readonly wanted: number;
  readonly taken: number;
}

/** What the words of a service stand for. */
export interface Expansion {
  readonly groups: readonly GroupSpec[];
  readonly crowded: readonly Crowded[];
}

/** A word's channels in one group. */
interface Part {
  readonly host: string;
  readonly channels: readonly ChannelSpec[];
  /** Whether it may have fewer. */
  readonly elastic: boolean;
}

/**
 * The groups that a service's words stand for. A name may stand for several channels: they are where its word is. The
 * places of a service with a higher priority number come behind the channels of the following groups that are for the
 * same clients, which are made if there are none.
 *
 * @param standard port of channels that have none of their own
 * @param meaning what each word stands for
 * @param most how many channels each group may have
 */
export function expandGroups(
  groups: readonly RequestedGroup[],
  standard: number,
  meaning: (group: number, channel: number) => Meaning,
  most: (group: number) => number = () => MAX_CHANNELS,
): Expansion {
  const parts: Part[][] = groups.map(() => []),
    behind: Part[][] = [],
    options: GroupValues[] = groups.map(({ strategy, conditions }) => ({ strategy, ...conditions && { conditions } }));
  const keys = groups.map(({ conditions }) => conditionsKey(conditions));
  const crowded: Crowded[] = [];
  groups.forEach(({ channels }, group) =>
    channels.forEach((word, channel) => {
      const [first = [], ...others] = channelsOf(word, standard, meaning(group, channel), { group, channel });
      const elastic = first[0].origin!.several;
      parts[group].push({ host: word.host, channels: first, elastic });
      for (let further = group; others.length > 0; others.shift()) {
        const next = keys.indexOf(keys[group], further + 1);
        further = next < 0 ? parts.length : next;
        if (further >= MAX_GROUPS) {
          crowded.push({ group: MAX_GROUPS, host: word.host, wanted: others.flat().length, taken: 0 });
          break;
        }
        (behind[further] ??= []).push({ host: word.host, channels: others[0], elastic });
        if (further < parts.length) continue;
        parts.push([]);
        options.push(options[group]);
        keys.push(keys[group]);
      }
    })
  );
  const expanded = parts.map((own, group) => {
    const all = [...own, ...behind[group] ?? []];
    return { ...options[group], channels: fitting(all, group, most(group), crowded) };
  });
  return { groups: expanded, crowded };
}

/** What a group has besides its channels. */
type GroupValues = Omit<GroupSpec, "channels">;

/** Gives each part the room that is left, the first ones first, but at least one channel. */
function fitting(parts: readonly Part[], group: number, most: number, crowded: Crowded[]): ChannelSpec[] {
  let left = most - parts.reduce((sum, { channels, elastic }) => sum + (elastic ? 1 : channels.length), 0);
  return parts.flatMap(({ host, channels, elastic }) => {
    if (!elastic) return channels;
    const taken = Math.min(channels.length, 1 + Math.max(0, left));
    left -= taken - 1;
    if (taken < channels.length) crowded.push({ group, host, wanted: channels.length, taken });
    return channels.slice(0, taken);
  });
}

/** What a word stands for in its group and, if it is a service with several priorities, in those that follow. */
function channelsOf(
  { host, port, all: _, ...values }: ChannelOptions,
  standard: number,
  meaning: Meaning,
  place: Pick<Origin, "group" | "channel">,
): ChannelSpec[][] {
  const origin = { ...place, word: host, several: meaning.kind !== "one" };
  const word = { host, address: undefined, port: port ?? standard, ...givenValues(values), origin };
  switch (meaning.kind) {
    case "one":
      return [[{ ...word, address: meaning.address }]];
    case "all": {
      const members = meaning.addresses.map((address) => ({ ...word, host: address, address }));
      return [members.length > 0 ? members : [word]];
    }
    case "service": {
      const groups = meaning.places.map((places) => places.map((place) => ({ ...word, ...place })));
      return groups.length > 0 ? groups : [[word]];
    }
  }
}
