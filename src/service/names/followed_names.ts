import type { GroupSpec } from "../../groups/group_spec.ts";
import type { ResolutionState } from "../../state/channel_state.ts";
import { NoRoom } from "../../groups/replacement.ts";
import type { Name } from "../../names/name.ts";
import type { NameSource } from "../../names/name_source.ts";
import { type Known, NameWatch } from "../../names/name_watch.ts";
import { MAX_CHANNELS } from "../../table/limits.ts";
import type { Draft } from "../drafts/draft.ts";
import type { BalancerEvent } from "../events.ts";
import { expandGroups, type Expansion } from "./expanded_groups.ts";
import { followedName, followedNames, type Named } from "./followed_words.ts";
import { NameChanges } from "./name_changes.ts";
import { meaningOf, targetNames } from "./name_meanings.ts";
import { rememberedMeaning } from "./remembered_meaning.ts";
import type { RunningService } from "../running_service.ts";
import { standardPort } from "../drafts/service_request.ts";
import { withinRoom, withOperatorsWeights, withoutLoops } from "./wanted_groups.ts";

/** Milliseconds until new channels are tried again that find no room, because removed ones still have connections. */
const NO_ROOM_PAUSE = 1_000;

/** Milliseconds that services are not served because of names that may resolve later. */
const PATIENCE = 10_000;

/** Whom followed names change. */
export interface NamesHost {
  readonly services: () => readonly RunningService[];
  readonly emit: (event: BalancerEvent) => void;
  /** There may be channels that wait for their addresses. */
  readonly waiting: () => void;
}

/** Keeps the channels of services in step with what the names of their words stand for. */
export class FollowedNames {
  readonly #host: NamesHost;
  readonly #watch: NameWatch;
  readonly #changes: NameChanges;
  #scheduled: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(host: NamesHost, source: NameSource) {
    this.#host = host;
    this.#changes = new NameChanges(host.emit);
    this.#watch = new NameWatch(source, {
      changed: () => this.#applySoon(0),
      stale: ({ name }, reason) => host.emit({ type: "name-stale", host: name, reason }),
      answered: ({ name }) => host.emit({ type: "name-answered", host: name }),
    });
  }

  /** Asks for the names of a service's words that are not known yet. @param later whether answers may come later */
  async look(named: Named, later: boolean): Promise<void> {
    const own = this.#watch.look(followedNames(named), !later);
    await (later ? inTime(own) : own);
    await inTime(this.#watch.look(targetNames(named, this.known), false));
  }

  /** What is known about a name. */
  readonly known = (name: Name): Known | undefined => this.#watch.get(name);

  /**
   * The groups that a service's words stand for now.
   *
   * @param once addresses of words that are not followed
   * @param earlier groups whose channels words keep while nothing is known about their names
   */
  expand(
    named: Named,
    once: Draft["addresses"],
    earlier: readonly GroupSpec[] = [],
    most?: (group: number) => number,
  ): Expansion {
    const { request } = named,
      meaning = (group: number, channel: number) => {
        const word = request.groups[group].channels[channel], name = followedName(named, word);
        if (name === undefined) return { kind: "one", address: once?.[group]?.[channel] } as const;
        const remembered = this.known(name)?.answer === undefined && rememberedMeaning(earlier, group, word, name);
        return remembered || meaningOf(named, word, name, this.known);
      };
    return expandGroups(request.groups, standardPort(request), meaning, most);
  }

  /** Follows the names of the services that there are now, and brings their channels into step. */
  follow(): void {
    if (this.#stopped) return;
    clearTimeout(this.#scheduled);
    this.#scheduled = undefined;
    const names: Name[] = [];
    let complete = true;
    for (const service of this.#host.services()) {
      if (service.draft.addresses === undefined) {
        service.groups.resolutionOf = undefined;
        continue;
      }
      service.groups.resolutionOf = (group, channel, host) => this.#resolution(service.draft, group, channel, host);
      complete = this.#bringIntoStep(service) && complete;
      const named = namedOf(service.draft);
      names.push(...followedNames(named), ...targetNames(named, this.known));
    }
    this.#watch.follow(names);
    this.#host.waiting();
    if (!complete) this.#applySoon(NO_ROOM_PAUSE);
  }

  /** What a service is to become, with its channels in step, and as many of them as there is room for. */
  inStep(service: RunningService, draft: Draft): Draft {
    return draft.addresses === undefined ? draft : { ...draft, groups: this.#wanted(service, draft).groups };
  }

  /**
   * Gives words whose names are not known the channels that they had in a predecessor.
   *
   * @param created how many channels operators had created there in each group, for which room is left
   */
  takeOver(service: RunningService, earlier: readonly GroupSpec[], created: (group: number) => number): void {
    if (service.draft.addresses === undefined) return;
    const { groups, draft } = service, { groups: wanted } = this.#wanted(service, draft, earlier, created);
    groups.replace(draft.groups, wanted);
    service.become({ ...draft, groups: wanted });
  }

  /** Ends it. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#scheduled);
    this.#watch.stop();
  }

  #applySoon(pause: number): void {
    if (this.#stopped || this.#scheduled !== undefined) return;
    this.#scheduled = setTimeout(() => this.follow(), pause);
    Deno.unrefTimer(this.#scheduled);
  }

  /** @returns whether there was room for all new channels */
  #bringIntoStep(service: RunningService): boolean {
    const { draft, groups } = service, before = draft.groups;
    const { groups: wanted, crowded, complete } = this.#wanted(service, draft);
    this.#changes.crowded(service, crowded);
    if (JSON.stringify(wanted) === JSON.stringify(before)) return complete;
    try {
      const changes = groups.replace(before, wanted);
      service.become({ ...draft, groups: wanted });
      this.#changes.made(service, before, changes);
      return complete;
    } catch (error) {
      // An operator has taken the room meanwhile.
      if (error instanceof NoRoom) return false;
      throw error;
    }
  }

  /** The groups that a service is to have, with what operators have made of them, as far as there is room. */
  #wanted(
    service: RunningService,
    draft: Draft,
    earlier = service.draft.groups,
    created = (group: number) => {
      return Math.max(0, service.groups.size(group) - (service.draft.groups[group]?.channels.length ?? 0));
    },
  ): Expansion & { readonly complete: boolean } {
    const most = (group: number) => MAX_CHANNELS - created(group);
    const { groups, crowded } = this.expand(namedOf(draft), draft.addresses, earlier, most);
    const allowed = withoutLoops(service, groups, (loop) => this.#changes.loop(service, loop));
    return { ...withinRoom(service, withOperatorsWeights(service, allowed)), crowded };
  }

  #resolution(draft: Draft, group: number, channel: number, host: string): ResolutionState | undefined {
    const spec = draft.groups[group]?.channels[channel];
    // An operator may have assigned another host.
    if (spec?.origin === undefined || spec.host !== host) return undefined;
    const word = draft.request.groups[spec.origin.group]?.channels[spec.origin.channel];
    const name = word && followedName(namedOf(draft), word), known = name && this.known(name);
    return name && {
      name: name.name,
      source: known?.answer?.source ?? null,
      ttl: known?.answer?.ttl ?? null,
      asked: known?.asked?.toISOString() ?? null,
      stale: known?.stale ?? null,
    };
  }
}

/** Waits for something no longer than is sensible. */
async function inTime(over: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>(), timer = setTimeout(resolve, PATIENCE);
  await Promise.race([over, promise]);
  clearTimeout(timer);
}

function namedOf({ request, settings: { source } }: Draft): Named {
  return { request, source };
}
