import type { ChannelValues } from "../options/channel_values.ts";
import type { GroupConditions } from "../options/group_conditions.ts";

/** A channel as a specification (a command line, a file, a program) describes it. */
export interface ChannelSpec extends ChannelValues {
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** Numeric address of the host; missing while it does not resolve. */
  readonly address?: string;
  /** TCP port, 0 for the port that the client came to. */
  readonly port: number;
  /** Missing where each word stands for one channel, and has its number. */
  readonly origin?: Origin;
}

/** The word that a channel comes from. */
export interface Origin {
  /** Number of its group. */
  readonly group: number;
  /** Its number among the words of that group. */
  readonly channel: number;
  /** Its host. */
  readonly word: string;
  /** Whether it may stand for several channels. */
  readonly several: boolean;
}

/** A group as a specification describes it. Its number is its place in the list. */
export interface GroupSpec {
  /** Name of its strategy. Default: the first one of the list, Round Robin. */
  readonly strategy?: string;
  /** Which clients it is for. Missing: for all. */
  readonly conditions?: GroupConditions;
  readonly channels: readonly ChannelSpec[];
}

/** What identifies a channel within its group. */
export type Named = Pick<ChannelSpec, "host" | "port">;

/**
 * Finds the existing channel that each wanted one stands for. It is one that the specification named before, whatever an
 * operator has assigned to it since; failing that, one that an operator has created with this host and port, or has
 * assigned them to. If that one is also wanted by its earlier name, the earlier name gets another channel. Identical
 * ones match in their order.
 *
 * @param before the channels that the specification named before
 * @param count those that there are: first those of `before`, then what operators have created
 * @param now host and port that the channel at this place has now
 * @returns the place of each; undefined if it is new
 */
export function matchChannels(
  before: readonly Named[],
  wanted: readonly Named[],
  count: number,
  now: (place: number) => Named,
): (number | undefined)[] {
  /** Places of operators' channels, by the number of the wanted one that has taken it over. */
  const adopted = new Map<number, number>();
  let places = matchSpecified(before, wanted, adopted), candidates: Map<string, number[]> | undefined;
  const adopt = (): boolean => {
    candidates ??= operatorsChannels(before, count, now);
    for (const [number, channel] of wanted.entries()) {
      const list = places[number] === undefined ? candidates.get(keyOf(channel)) ?? [] : [];
      const place = list.find((place) => !places.includes(place)) ?? list[0];
      if (place === undefined) continue;
      list.splice(list.indexOf(place), 1);
      adopted.set(number, place);
      return true;
    }
    return false;
  };
  while (places.includes(undefined) && adopt()) places = matchSpecified(before, wanted, adopted);
  return places;
}

function matchSpecified(
  before: readonly Named[],
  wanted: readonly Named[],
  adopted: ReadonlyMap<number, number>,
): (number | undefined)[] {
  const places = new Map<string, number[]>(), taken = new Set(adopted.values());
  before.forEach((channel, place) => {
    if (!taken.has(place)) append(places, keyOf(channel), place);
  });
  return wanted.map((channel, number) => adopted.get(number) ?? places.get(keyOf(channel))?.shift());
}

/** Places of created channels, and of those with another host or port than specified, by what they have. */
function operatorsChannels(
  before: readonly Named[],
  count: number,
  now: (place: number) => Named,
): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (let place = 0; place < count; place++) {
    const key = keyOf(now(place));
    if (place >= before.length || key !== keyOf(before[place])) append(places, key, place);
  }
  return places;
}

function append(places: Map<string, number[]>, key: string, place: number): void {
  const list = places.get(key);
  if (list === undefined) places.set(key, [place]);
  else list.push(place);
}

/** Tells apart what identifies channels within their group. */
export function keyOf({ host, port }: Named): string {
  return `${port} ${host}`;
}
