import type { GroupSpec } from "../groups/group_spec.ts";
import type { Party } from "../groups/parties.ts";
import type { GroupSnapshot } from "../groups/snapshot.ts";
import { quote } from "../log/escape.ts";
import { givenValues } from "../options/channel_values.ts";
import { type ChannelWord, placeWord } from "../options/channel_words.ts";
import type { GroupWords } from "../options/group_words.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import type { ServiceValues } from "../options/values.ts";
import { blaming } from "./blame.ts";
import type { Draft } from "./draft.ts";
import { refuseLoops } from "./loops.ts";
import type { Service } from "./service.ts";
import { standardPort } from "./service_request.ts";

/** A service as it runs now: what was asked for, with what operators have changed. */
export interface RunningSpec {
  readonly spec: ServiceSpec;
  /** What a command line cannot say, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * What would recreate a service as it runs now. Only for one whose strategies are all built in.
 *
 * @param values its options. Default: those that hold
 */
export function runningSpec(service: Service, values: ServiceValues = service.draft.values): RunningSpec {
  const { name, ports, groups } = service, notes: string[] = [];
  const words = groups.snapshot().map((snapshot, place) => {
    if (snapshot.group !== place) {
      notes.push(`group ${snapshot.group} comes as group ${place}: those before it are empty`);
    }
    return groupNow(service, snapshot, notes);
  });
  return { spec: { name, ports, groups: words, values }, notes };
}

/** The same service as if it had been asked for as it runs now: what operators have changed is no change any more. */
export function asItRuns(service: Service): Draft {
  const { spec } = runningSpec(service), { draft, groups: { strategies } } = service;
  const groups = service.groups.snapshot().map(({ type, channels }): GroupSpec => ({
    strategy: strategies.find(({ label }) => label === type)!.name,
    channels: channels.map((channel) => {
      const { host, address, port } = channel;
      return { host, address: address || undefined, port, ...givenValues(channel) };
    }),
  }));
  return { ...draft, request: { ...draft.request, groups: spec.groups }, groups };
}

/** @throws {ChannelLoop} when a channel without a limit, which an operator has created, is the service itself */
export function refuseLoopsOf(service: Service): void {
  const { request, groups, options } = asItRuns(service);
  try {
    if (!options.allowLoop) refuseLoops(groups, service.addresses);
  } catch (error) {
    throw blaming(error, { request });
  }
}

function groupNow(service: Service, { group, type, channels }: GroupSnapshot, notes: string[]): GroupWords {
  const { groups: { strategies }, draft: { request } } = service, standard = standardPort(request);
  const asked = request.groups[group]?.channels ?? [];
  const words = channels.map((snapshot): ChannelWord => {
    const { channel, host, port, disabledBy } = snapshot, before = asked[channel];
    // As it was written, if that is still so.
    const same = before !== undefined && before.host === host && (before.port ?? standard) === port;
    const word = { host, port: same ? before.port : port === standard ? undefined : port };
    for (const party of disabledBy) {
      const why = NOTES[party];
      if (why !== undefined) notes.push(`group ${group} channel ${channel} (${quote(placeWord(word))}) is ${why}`);
    }
    return { ...word, ...givenValues(snapshot) };
  });
  const strategy = strategies.find(({ label }) => label === type)!.name;
  return { strategy, channels: words };
}

/** What a command line cannot say about a channel. */
const NOTES: Readonly<Partial<Record<Party, string>>> = {
  operator: "disabled by an operator",
  autodisable: "disabled by autodisable",
  drain: "drained by an operator",
  maintenance: "in maintenance",
};
