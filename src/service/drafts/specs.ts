import type { GroupSpec } from "../../groups/group_spec.ts";
import type { Party } from "../../groups/parties.ts";
import type { GroupSnapshot } from "../../groups/snapshot.ts";
import { quote } from "../../log/escape.ts";
import { type ChannelValues, differingKeys, givenValues } from "../../options/channel_values.ts";
import { type ChannelWord, placeWord } from "../../options/channel_words.ts";
import type { GroupWords } from "../../options/group_words.ts";
import type { ServiceSpec } from "../../options/service_spec.ts";
import type { ServiceValues } from "../../options/values.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "./draft.ts";
import { refuseLoops } from "./loops.ts";
import type { RunningService } from "../running_service.ts";
import { standardPort } from "./service_request.ts";

/** A service as it runs now: what was asked for, with what operators have changed. */
export interface RunningSpec {
  readonly spec: ServiceSpec;
  /** What a command line cannot say, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * What would recreate a service as it runs now.
 *
 * @param values its options. Default: those that hold
 */
export function runningSpec(service: RunningService, values: ServiceValues = service.draft.values): RunningSpec {
  const { name, ports, groups } = service, notes: string[] = [];
  const described = groups.snapshot().filter((group) => hasWords(service, group));
  const words = described.map((snapshot, place) => {
    if (snapshot.group !== place) {
      notes.push(`group ${snapshot.group} comes as group ${place}: those before it are empty`);
    }
    return groupNow(service, snapshot, notes);
  });
  return { spec: { name, ports, groups: words, values }, notes };
}

/** The same service as if it had been asked for as it runs now: what operators have changed is no change any more. */
export function asItRuns(service: RunningService): Draft {
  const { spec } = runningSpec(service), { draft } = service;
  let place = 0;
  const addresses: (string | undefined)[][] = [];
  const groups = service.groups.snapshot().map((snapshot): GroupSpec => {
    const { group, channels } = snapshot, before = draft.groups[group]?.channels ?? [];
    const ownPlace = hasWords(service, snapshot) ? place++ : -1, ofWords: (string | undefined)[] = [];
    let words = draft.request.groups[group]?.channels.length ?? 0;
    if (ownPlace >= 0) addresses[ownPlace] = ofWords;
    return {
      ...groupOptions(service, group),
      channels: channels.map((channel) => {
        // What operators have made of one of several is not in its word.
        if (before[channel.channel]?.origin?.several) return before[channel.channel];
        const { host, address, port } = channel, word = before[channel.channel]?.origin?.channel ?? words++;
        const origin = draft.addresses && { group: ownPlace, channel: word, word: host, several: false };
        if (draft.addresses !== undefined) ofWords[word] = address || undefined;
        return { host, address: address || undefined, port, ...givenValues(channel), origin };
      }),
    };
  });
  const followed = draft.addresses === undefined ? {} : { addresses };
  return { ...draft, request: { ...draft.request, groups: spec.groups }, groups, ...followed };
}

/** @throws {ChannelLoop} when a channel without a limit, which an operator has created, is the service itself */
export function refuseLoopsOf(service: RunningService): void {
  const { request, groups, options } = asItRuns(service);
  try {
    if (!options.allowLoop) refuseLoops(groups, service.addresses);
  } catch (error) {
    throw blaming(error, { request });
  }
}

/** Whether a group has channels of its own words, or operators'; otherwise those of other groups' words. */
function hasWords({ draft }: RunningService, { group, channels }: GroupSnapshot): boolean {
  return group < draft.request.groups.length || channels.length > (draft.groups[group]?.channels.length ?? 0);
}

function groupNow(service: RunningService, { group, channels }: GroupSnapshot, notes: string[]): GroupWords {
  const { draft } = service, { request } = draft, standard = standardPort(request);
  const asked = request.groups[group]?.channels ?? [], specs = draft.groups[group]?.channels ?? [];
  /** Words that stand for several channels are as they were; each of the others is what its channel is now. */
  const words = asked.map((word) => ({ ...word, port: word.port }) as ChannelWord);
  for (const snapshot of channels) {
    const { channel, host, port, disabledBy } = snapshot, origin = specs[channel]?.origin;
    const number = origin?.channel ?? (channel < specs.length ? channel : words.length);
    const before = origin?.several ? undefined : asked[number];
    // As it was written, if that is still so.
    const same = before !== undefined && before.host === host && (before.port ?? standard) === port;
    const word = { host, port: same ? before.port : port === standard ? undefined : port };
    for (const party of disabledBy) {
      const why = NOTES[party];
      if (why !== undefined) notes.push(`group ${group} channel ${channel} (${quote(placeWord(word))}) is ${why}`);
    }
    if (!origin?.several) words[number] = { ...word, ...givenValues(snapshot) };
    else if (differingKeys(specs[channel], snapshot as ChannelValues).length > 0) {
      notes.push(`group ${group} channel ${channel} (${quote(placeWord(word))}) has been changed by an operator`);
    }
  }
  return { ...groupOptions(service, group), channels: words };
}

/** What a group has besides its channels. */
function groupOptions({ groups }: RunningService, group: number): Omit<GroupWords, "channels"> {
  const conditions = groups.conditionsOf(group);
  return { strategy: groups.strategyOf(group).name, ...conditions && { conditions } };
}

/** What a command line cannot say about a channel. */
const NOTES: Readonly<Partial<Record<Party, string>>> = {
  operator: "disabled by an operator",
  autodisable: "disabled by autodisable",
  drain: "drained by an operator",
  maintenance: "in maintenance",
};
