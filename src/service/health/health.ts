import type { SelectionEvent } from "../../selection/events.ts";
import { ALL } from "../../groups/channels.ts";
import type { ChannelChecks, ChannelHealth } from "../../groups/snapshot.ts";
import { Checker } from "../../health/checker.ts";
import type { Change, Monitor, MonitorState } from "../../health/monitor.ts";
import { Probes } from "../../health/probes/probes.ts";
import { type Target, targetKey } from "../../health/target.ts";
import { isAlive } from "../../health/verdict.ts";
import { type ChannelId, groupOf } from "../../table/channel_id.ts";
import { checkedChannels } from "./checked_channels.ts";
import type { BalancerEvent, HealthChange } from "../events.ts";
import type { Service } from "../service.ts";

/** Most checks at a time, and connections that wait for a back end's end: parts of the spare descriptors. */
const RUNNING = 1 / 2, PARTING = 1 / 4;

/** Most checks at a time that run a program: each is a process. */
const PROGRAMS = 8;

/** Seconds over which the connections of a channel that has gone down are closed. */
const CLOSING = 5;

/** A channel that is checked. */
interface Checked {
  readonly service: Service;
  readonly id: ChannelId;
}

/** A failed connect of a client to a channel that is checked. */
export type ConnectFailed = Extract<SelectionEvent, { readonly type: "connect-failed" }>;

/** What health checks hand over to another process: by target. */
export type HealthState = Readonly<Record<string, MonitorState>>;

/**
 * Health checks of the channels of all services. It follows what services there are and what becomes of their channels,
 * lets a `Checker` check the targets, each once, and writes what comes of it into the tables.
 */
export class Health {
  readonly #services: () => readonly Service[];
  readonly #emit: (event: BalancerEvent) => void;
  readonly #probes: Probes;
  readonly #checker: Checker;
  /** The target of each channel that is checked. */
  #keys = new Map<Service, Map<ChannelId, string>>();
  /** The channels of each target. */
  #channels = new Map<string, Checked[]>();
  /** Groups of services, or `ALL`, of which it has been said that their clients have only channels that are down. */
  readonly #allDown = new WeakMap<Service, ReadonlySet<number>>();
  #restored = new Map<string, MonitorState>();
  #soon = false;
  #stopped = false;

  /** @param spare descriptors that no connection takes */
  constructor(services: () => readonly Service[], emit: (event: BalancerEvent) => void, spare: number) {
    this.#services = services;
    this.#emit = emit;
    this.#probes = new Probes(Math.max(1, Math.floor(spare * PARTING)));
    this.#checker = new Checker({
      probe: this.#probes.begin,
      atOnce: { connection: Math.max(2, Math.floor(spare * RUNNING)), program: PROGRAMS },
      changed: (monitor, change) => this.#apply(monitor, change),
      now: () => performance.now(),
      random: Math.random,
      after: (milliseconds, call) => {
        const timer = setTimeout(call, milliseconds);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Looks at what there is to be checked now. */
  look(): void {
    if (this.#stopped) return;
    const targets = new Map<string, Target>(), keys = new Map<Service, Map<ChannelId, string>>(), before = this.#keys;
    this.#channels = new Map();
    for (const service of this.#services()) {
      const own = new Map<ChannelId, string>();
      keys.set(service, own);
      service.groups.changed ??= () => this.#lookSoon();
      service.groups.healthOf ??= (id) => this.#healthOf(service, id);
      service.groups.checksOf ??= (id) => this.#checksOf(service, id);
      for (const { id, target } of checkedChannels(service)) {
        const key = targetKey(target), channels = this.#channels.get(key);
        targets.set(key, target);
        own.set(id, key);
        if (channels === undefined) this.#channels.set(key, [{ service, id }]);
        else channels.push({ service, id });
      }
    }
    this.#inherit(targets, before);
    this.#checker.become(targets);
    this.#restore(targets);
    this.#keys = keys;
    for (const [service, own] of keys) this.#mark(service, own, before.get(service));
  }

  /** A client could not connect. */
  connectFailed(service: Service, { channel, sequence, reason }: ConnectFailed): void {
    const monitor = this.#monitorOf(service, channel);
    if (monitor === undefined || service.groups.table.addressSequence(channel) !== sequence) return;
    const longest = service.draft.options.connectTimeout * 1000;
    this.#apply(monitor, monitor.connectFailed(reason, performance.now(), longest));
  }

  /** What is known, for another process. */
  state(): HealthState {
    const now = performance.now(), { monitors } = this.#checker;
    return Object.fromEntries([...monitors].map(([key, { monitor }]) => [key, monitor.state(now)]));
  }

  /** Goes on from what another process knew. What it does not understand is left out. */
  restore(state: unknown): void {
    if (typeof state !== "object" || state === null) return;
    this.#restored = new Map(Object.entries(state).filter(([, one]) => isMonitorState(one)));
  }

  /** Ends the checks. Resolves once all their connections are closed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#checker.stop();
    await this.#probes.stop();
  }

  /** Later, because a change seldom comes alone. */
  #lookSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.look();
    });
  }

  /** If only the times of a target's checks change, what is known of it stays. */
  #inherit(targets: ReadonlyMap<string, Target>, before: ReadonlyMap<Service, ReadonlyMap<ChannelId, string>>): void {
    const now = performance.now();
    for (const [key, target] of targets) {
      if (this.#checker.monitor(key) !== undefined) continue;
      for (const { service, id } of this.#channels.get(key)!) {
        const monitor = this.#monitorOf(service, id, before);
        if (monitor === undefined || !isSameCheck(monitor.target, target)) continue;
        this.#restored.set(key, monitor.state(now));
        break;
      }
    }
  }

  #restore(targets: ReadonlyMap<string, Target>): void {
    const now = performance.now();
    for (const [key, state] of this.#restored) if (targets.has(key)) this.#checker.monitor(key)!.restore(state, now);
    this.#restored.clear();
  }

  /** Notes in the table which channels are checked, and what is known of those that have not been checked before. */
  #mark(
    { groups }: Service,
    own: ReadonlyMap<ChannelId, string>,
    before: ReadonlyMap<ChannelId, string> | undefined,
  ): void {
    for (const [id] of before ?? []) {
      if (own.has(id) || !groups.table.has(id)) continue;
      groups.table.setChecked(id, false);
      groups.setDown(id, false);
    }
    for (const [id, key] of own) {
      groups.table.setChecked(id, true);
      if (before?.get(id) !== key) groups.setDown(id, !this.#checker.monitor(key)!.up);
    }
  }

  /** What a result has changed goes into the table of each channel that has this target. */
  #apply(monitor: Monitor, { state, flapping, stillDown = false }: Change): void {
    const down = state === "down" || stillDown, { last, target } = monitor;
    if (last !== undefined && isAlive(last)) this.#accepts(targetKey(target));
    if (state === undefined && flapping === undefined && !stillDown) return;
    for (const { service, id } of this.#channels.get(targetKey(target)) ?? []) {
      const { groups } = service;
      // After `enable`, a channel may be up although its target is down; until the next failure.
      const news = (down || state === "up") && groups.setDown(id, down);
      const about = { code: last!.code, reason: last!.reason, flapping: monitor.flapping };
      if (news) this.#tell(service, id, { type: down ? "channel-down" : "channel-up", ...about });
      if (flapping === "begins") this.#tell(service, id, { type: "channel-flapping", ...about });
      if (flapping === "ends") {
        this.#tell(service, id, { type: monitor.up ? "channel-up" : "channel-down", ...about, calm: true });
      }
      if (news && down) this.#closeConnections(service, id);
      if (news || flapping === "ends") this.#lookForAllDown(service, monitor.flapping);
    }
  }

  /** A check has reached a target, so that clients who have seen it fail may wait for it again. */
  #accepts(key: string): void {
    for (const { service: { groups: { table } }, id } of this.#channels.get(key) ?? []) {
      if (table.failing(id)) table.setFailing(id, false, table.addressSequence(id));
    }
  }

  #tell({ name, groups: { table } }: Service, id: ChannelId, change: HealthChange): void {
    const channel = table.numberOf(id);
    this.#emit({ ...change, service: name, group: groupOf(id), channel, address: table.address(id) });
  }

  /** With `--on-down close`, clients of a channel that is down are to come again, not all at the same time. */
  #closeConnections({ served, draft: { options: { onDown } } }: Service, id: ChannelId): void {
    if (onDown === "close") served.close(id, { within: CLOSING }, "channel-down");
  }

  /**
   * Says once when nothing but channels that are down is left, at least for some clients. One that flaps up for a moment
   * does not change that.
   */
  #lookForAllDown(service: Service, flapping: boolean): void {
    const now = service.groups.withoutLive(), said = this.#allDown.get(service) ?? new Set();
    if (now.length === 0 && said.size === 0) return;
    for (const group of now) {
      // Whoever knows that all are down need not be told of some of them.
      if (said.has(group) || said.has(ALL)) continue;
      this.#emit({ type: "all-down", service: service.name, ...group !== ALL && { group } });
    }
    this.#allDown.set(service, new Set(flapping ? [...said, ...now] : now));
  }

  /** What is known of a channel's target. @param keys default: the present ones */
  #monitorOf(
    service: Service,
    id: ChannelId,
    keys: ReadonlyMap<Service, ReadonlyMap<ChannelId, string>> = this.#keys,
  ): Monitor | undefined {
    const key = keys.get(service)?.get(id);
    return key === undefined ? undefined : this.#checker.monitor(key);
  }

  #checksOf(service: Service, id: ChannelId): ChannelChecks | undefined {
    const monitor = this.#monitorOf(service, id);
    if (monitor === undefined) return undefined;
    const { up, failed, changes, last } = monitor, took = last?.took;
    return { up, failed, changes, took, changedAt: changedAt(monitor) };
  }

  #healthOf(service: Service, id: ChannelId): ChannelHealth | undefined {
    const monitor = this.#monitorOf(service, id);
    if (monitor === undefined) return undefined;
    const { up, flapping, count: { value, rise, fall }, last } = monitor, now = performance.now();
    const age = (at: number) => Math.floor((now - at) / 1000);
    return {
      state: last === undefined ? "unknown" : up ? "up" : "down",
      flapping,
      counter: value,
      rise,
      fall,
      since: age(monitor.since),
      stateSince: new Date(changedAt(monitor)).toISOString(),
      last: last === undefined ? null : {
        result: last.code,
        reason: last.reason,
        took: last.took === undefined ? null : Math.round(last.took * 10) / 10,
        age: age(last.at),
      },
    };
  }
}

/** When a monitor's target got its state, in milliseconds since 1970. */
function changedAt({ since }: Monitor): number {
  return performance.timeOrigin + since;
}

function isSameCheck(one: Target, other: Target): boolean {
  return one.address === other.address && one.port === other.port && one.check === other.check &&
    one.expect === other.expect && one.proxy === other.proxy;
}

function isMonitorState(value: unknown): value is MonitorState {
  const { up, value: count, since, last } = (value ?? {}) as Record<string, unknown>;
  if (typeof up !== "boolean" || !isTime(count) || !isTime(since)) return false;
  if (last === undefined) return true;
  const { code, reason, took, age } = (last ?? {}) as Record<string, unknown>;
  return /^[A-Z0-9]{1,16}$/.test(String(code)) && typeof reason === "string" && reason.length <= 1024 && isTime(age) &&
    (took === undefined || isTime(took));
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Infinity;
}
