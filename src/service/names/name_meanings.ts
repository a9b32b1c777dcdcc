import type { Name } from "../../names/name.ts";
import type { Known } from "../../names/name_watch.ts";
import { placesByPriority } from "../../names/service_records.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../table/limits.ts";
import type { Meaning } from "./expanded_groups.ts";
import { followedNames, hostName, type Named } from "./followed_words.ts";
import type { ChannelOptions } from "../options/options.ts";

/** What is known about names. */
type KnownNames = (name: Name) => Known | undefined;

/** The hosts that known services lead to, as far as there can be room for them. */
export function targetNames(named: Named, known: KnownNames): Name[] {
  return followedNames(named).flatMap((name) => {
    return placesByPriority(known(name)?.answer?.services ?? []).slice(0, MAX_GROUPS).flatMap((places) => {
      return places.slice(0, MAX_CHANNELS).map(({ host }) => hostName(host, named.source));
    });
  });
}

/** What a word with such a name stands for, as far as that is known. */
export function meaningOf({ source }: Named, word: ChannelOptions, name: Name, known: KnownNames): Meaning {
  const answer = known(name)?.answer;
  if (name.kind === "service") {
    const priorities = placesByPriority(answer?.services ?? []);
    return {
      kind: "service",
      places: priorities.map((places) =>
        places.map((place) => ({ ...place, address: known(hostName(place.host, source))?.address }))
      ),
    };
  }
  if (word.all) return { kind: "all", addresses: answer?.addresses ?? [] };
  return { kind: "one", address: known(name)?.address };
}
