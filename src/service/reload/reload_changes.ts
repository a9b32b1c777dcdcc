import type { Adopted } from "../../groups/replacement.ts";
import type { ChannelSnapshot, GroupSnapshot } from "../../groups/snapshot.ts";
import { quote } from "../../log/escape.ts";
import { changeLines } from "../../options/change_text.ts";
import { type AdoptedChannel, type Change, difference, type Identities } from "../../options/difference.ts";
import type { ProcessSpec, ServiceSpec } from "../../options/service_spec.ts";
import type { ProcessValues } from "../../options/values.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "../drafts/draft.ts";
import { standardPort } from "../drafts/service_request.ts";
import type { Service } from "../service.ts";
import type { ReloadPlan } from "./reload_plan.ts";

/**
 * What a reload changes, as the descriptions have it.
 *
 * @param values options of the process that hold
 * @throws {NoRoom} when a group cannot take its channels
 */
export function changesTo(
  next: ProcessSpec,
  values: ProcessValues,
  services: readonly Service[],
  plan: ReloadPlan,
): readonly Change[] {
  return difference({ values, services: services.map(specInForce) }, next, identities(plan));
}

/** The same in words; also addresses of names that resolve to others now. */
export function linesOf(changes: readonly Change[], plan: ReloadPlan): string[] {
  const moved = plan.kept.flatMap(({ service, draft }) =>
    service.groups.compare(service.draft.groups, draft.groups).flatMap((change) => {
      if (change.type !== "address-changed") return [];
      const { group, host, to } = change;
      return [`service ${quote(draft.request.name!)}: group ${group}: ${quote(host)} resolves to ${to}`];
    })
  );
  return [...changeLines(changes, concernedBy(plan)), ...moved];
}

/** A service as it would have to be asked for to be set up as it is, whatever operators have done to its channels. */
function specInForce({ draft: { request, values } }: Service): ServiceSpec {
  return { ...request as ServiceSpec, values };
}

/** What stays the same although it is called something else. @throws {NoRoom} when a group cannot take its channels */
function identities({ kept }: ReloadPlan): Identities {
  const renamed = new Map<string, string>(), adopted = new Map<string, readonly AdoptedChannel[]>();
  for (const { service, draft } of kept) {
    const name = draft.request.name!;
    if (service.name !== name) renamed.set(name, service.name);
    try {
      const channels = service.groups.adopted(service.draft.groups, draft.groups)
        .flatMap((one) => asWord(one, service.draft, draft) ?? []);
      if (channels.length > 0) adopted.set(name, channels);
    } catch (error) {
      throw blaming(error, { request: draft.request });
    }
  }
  return { renamed, adopted };
}

/** An adopted channel by the numbers of words; undefined if it is one of several that a word stands for. */
function asWord({ group, channel, before }: Adopted, earlier: Draft, draft: Draft): AdoptedChannel | undefined {
  const origin = draft.groups[group].channels[channel].origin, specs = earlier.groups[group]?.channels ?? [];
  const was = specs[before]?.origin;
  if (origin?.several || was?.several) return undefined;
  const words = earlier.request.groups[group]?.channels.length ?? 0;
  return {
    group,
    channel: origin?.channel ?? channel,
    before: before < specs.length ? was?.channel ?? before : words + before - specs.length,
  };
}

/** Says how many connections a change takes from somewhere: they go on, and end when they end. */
function concernedBy({ kept, leaving }: ReloadPlan): (change: Change) => number | undefined {
  const named = new Map(leaving.map((service) => [service.name, service]));
  for (const { service, draft } of kept) named.set(draft.request.name!, service);
  // Taken once, since thousands of channels may be removed at the same time.
  const snapshots = new Map<Service, readonly GroupSnapshot[]>();
  const currentOf = (service: Service, group: number, wanted: (channel: ChannelSnapshot) => boolean) => {
    const groups = snapshots.get(service) ?? service.groups.snapshot();
    snapshots.set(service, groups);
    const channels = groups.find((one) => one.group === group)?.channels ?? [];
    return channels.filter(wanted).reduce((sum, { current }) => sum + current, 0);
  };
  return (change) => {
    const service = change.kind === "process option" ? undefined : named.get(change.service);
    if (service === undefined) return undefined;
    switch (change.kind) {
      case "service removed":
        return service.connections;
      case "group removed":
        return currentOf(service, change.group, () => true);
      case "channel removed": {
        const { host, port = standardPort(service.draft.request) } = change.channel;
        const words = service.draft.request.groups, specs = service.draft.groups[change.group]?.channels ?? [];
        return currentOf(service, change.group, (channel) => {
          const origin = specs[channel.channel]?.origin;
          if (origin?.several) return words[origin.group].channels[origin.channel].host === host;
          return channel.host === host && channel.port === port;
        });
      }
    }
  };
}
