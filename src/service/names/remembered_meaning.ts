import type { ChannelSpec, GroupSpec } from "../../groups/group_spec.ts";
import type { Name } from "../../names/name.ts";
import type { Meaning } from "./expanded_groups.ts";
import type { ChannelOptions } from "../options/options.ts";

/**
 * What a word stood for in earlier groups, for a name of which nothing is known now: its channels there are better than
 * none. Undefined if there are none.
 */
export function rememberedMeaning(
  earlier: readonly GroupSpec[],
  group: number,
  word: ChannelOptions,
  name: Name,
): Meaning | undefined {
  const all = earlier.map(({ channels }) => channels.filter(({ origin }) => origin?.word === word.host));
  // The same word may be in several groups.
  const own = all.map((channels) => channels.filter(({ origin }) => origin!.group === group));
  const groups = own.some((channels) => channels.some(isKnown)) ? own : all;
  const addresses = [...new Set(groups.flat().flatMap(({ address }) => address ?? []))];
  if (name.kind === "service") {
    const places = groups.map(placesOf).filter(({ length }) => length > 0);
    return places.length > 0 ? { kind: "service", places } : undefined;
  }
  if (addresses.length === 0) return undefined;
  return word.all ? { kind: "all", addresses } : { kind: "one", address: addresses[0] };
}

/** Whether it is more than the word's place while its name is not known. */
function isKnown({ host, address, origin }: ChannelSpec): boolean {
  return address !== undefined || host !== origin!.word;
}

function placesOf(channels: readonly ChannelSpec[]) {
  const places = channels.filter(isKnown).map(({ host, port, weight = 1, address }) => ({
    host,
    port,
    weight,
    address,
  }));
  return [...new Map(places.map((place) => [`${place.port} ${place.host}`, place])).values()];
}
