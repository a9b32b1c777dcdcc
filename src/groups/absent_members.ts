import { DisabledBy, type Table } from "../table/table.ts";
import type { ChannelSpec, GroupSpec } from "./group_spec.ts";
import { bitOf, isLasting, type LastingParty, partiesOf } from "./parties.ts";

/**
 * What keeps a channel of a name out of use when its address goes and comes back. A drain does not: it is how a back end
 * is taken away for good, and another one may have its address later.
 */
const KEPT = DisabledBy.OPERATOR | DisabledBy.MAINTENANCE;

/** How many are remembered, the latest ones. */
export const MOST_ABSENT = 1024;

/** Who keeps which channels out of use that names do not stand for at present: bits by `keyFor`. */
export type AbsentMembers = ReadonlyMap<string, number>;

/** A channel of a name that is not there at present, as a state has it. */
export interface AbsentMember {
  readonly word: string;
  readonly host: string;
  readonly port: number;
  readonly disabledBy: readonly LastingParty[];
}

/** What to hand over of them. */
export function absentStates(absent: AbsentMembers): AbsentMember[] {
  return [...absent].map(([key, bits]) => {
    const [word, host, port] = JSON.parse(key);
    return { word, host, port, disabledBy: partiesOf(bits).filter(isLasting) };
  });
}

/** Takes them over: those that there are now are kept out of use, the others are remembered. */
export function restoreAbsent(
  subject: { readonly table: Table; absent: AbsentMembers },
  states: readonly AbsentMember[],
  spec: readonly GroupSpec[],
): void {
  if (states.length === 0) return;
  const { table } = subject,
    kept = new Map(states.map(({ disabledBy, ...member }) => {
      return [keyFor(member), disabledBy.reduce((bits, party) => bits | bitOf(party), 0) & KEPT];
    }));
  spec.forEach(({ channels }, group) =>
    channels.forEach((channel, number) => {
      const bits = keptBy(kept, channel);
      if (bits !== 0) table.disable(table.channelAt(group, number), bits);
    })
  );
  subject.absent = absentMembers(kept, spec);
}

/** Tells the channels of names apart, whatever their groups. */
function keyFor({ word, host, port }: Omit<AbsentMember, "disabledBy">): string {
  return JSON.stringify([word, host, port]);
}

/** Who keeps channels of names out of use, those that are there and those that are not. */
export function keptMembers(table: Table, absent: AbsentMembers, before: readonly GroupSpec[]): AbsentMembers {
  const all = new Map(absent);
  before.forEach(({ channels }, group) => {
    if (!channels.some(({ origin }) => origin?.several)) return;
    table.channels(group).slice(0, channels.length).forEach((id, number) => {
      const bits = channels[number].origin?.several ? table.disabledBy(id) & KEPT : 0;
      if (bits !== 0) all.set(keyOf(channels[number]), bits);
    });
  });
  return all;
}

/** Who is to keep a new channel out of use. */
export function keptBy(kept: AbsentMembers, channel: ChannelSpec): number {
  return channel.origin?.several ? kept.get(keyOf(channel)) ?? 0 : 0;
}

/** Those that are not there, as long as their words are. */
export function absentMembers(kept: AbsentMembers, wanted: readonly GroupSpec[]): AbsentMembers {
  if (kept.size === 0) return kept;
  const members = wanted.flatMap(({ channels }) => channels).filter(({ origin }) => origin?.several);
  const words = new Set(members.map(({ origin }) => origin!.word)), present = new Set(members.map(keyOf));
  const left = [...kept].filter(([key]) => !present.has(key) && words.has(JSON.parse(key)[0]));
  return new Map(left.slice(-MOST_ABSENT));
}

function keyOf({ host, port, origin }: ChannelSpec): string {
  return keyFor({ word: origin!.word, host, port });
}
