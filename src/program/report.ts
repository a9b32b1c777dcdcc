import { escape, quote } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import type { BalancerEvent, ChannelPlace } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import { logHealth } from "./log_health.ts";
import { logName } from "./log_names.ts";
import { logNetworks } from "./log_networks.ts";
import { placeOf } from "./place_of.ts";
import { questionAbout, SHORTAGE_QUESTIONS } from "./questions.ts";
import { RefusedClients } from "./refused_clients.ts";
import { servicePrefix } from "./service_prefix.ts";

/** How many changes of one channel are logged within how many milliseconds; further ones are only counted. */
const BURST = 4, WINDOW = 10_000;

/** A channel's changes, failures and recoveries, in the current window. */
interface Changes {
  logged: number;
  held: number;
  /** Logs the latest change that was held back. */
  latest: ((repeats: string) => void) | undefined;
}

/** Turns what a balancer reports into lines of the log. */
export class Report {
  readonly #logger: Logger;
  readonly #instance: Instance;
  /** By service, group and channel. */
  readonly #changes = new Map<string, Changes>();
  /** When it was last logged that a service turns clients away. */
  readonly #turnedAwayAt = new Map<string, number>();
  /** By reason and service. */
  readonly #refusedClients = new Map<string, RefusedClients>();

  constructor(logger: Logger, instance: Instance) {
    this.#logger = logger;
    this.#instance = instance;
  }

  /** Logs one event. */
  readonly event = (event: BalancerEvent): void => {
    const logger = this.#logger, { prefix, service } = servicePrefix(this.#instance, event.service);
    switch (event.type) {
      case "channel-failing": {
        const { end, values } = questionAbout(event.result);
        return this.#rated(
          event,
          (repeats) =>
            logger.warn(
              `${prefix}group {group} channel {channel} ({address}) is failing: {reason}${end}{repeats}`,
              {
                ...service,
                ...placeOf(event),
                reason: event.reason,
                ...values,
                repeats,
              },
            ),
        );
      }
      case "channel-back":
        return this.#rated(
          event,
          (repeats) =>
            logger.info(`${prefix}group {group} channel {channel} ({address}) accepts again{repeats}`, {
              ...service,
              ...placeOf(event),
              repeats,
            }),
        );
      case "channel-down":
      case "channel-up":
      case "channel-flapping":
        return logHealth(logger, event, prefix, service);
      case "all-down": {
        const { group } = event;
        if (group === undefined) {
          return logger.error(`${prefix}all channels are down; clients get them anyway`, service);
        }
        const text = `${prefix}group {group}: all channels that its clients may use are down; clients get them anyway`;
        return logger.error(text, { ...service, group });
      }
      case "channel-unresolved": {
        const { group, channel, host } = event;
        const text = `${prefix}group {group} channel {channel} waits: {host} does not resolve`;
        return logger.warn(text, { ...service, group, channel, host: quote(host) });
      }
      case "channel-resolved": {
        const text = `${prefix}group {group} channel {channel} ({address}) takes clients: {host} resolves`;
        return logger.info(text, { ...service, ...placeOf(event), host: quote(event.host) });
      }
      case "channel-moved":
        return this.#rated(
          event,
          (repeats) =>
            logger.info(`${prefix}group {group} channel {channel} moves to {address}: {host} resolves to it{repeats}`, {
              ...service,
              ...placeOf(event),
              host: quote(event.host),
              repeats,
            }),
        );
      case "name-changed":
      case "name-crowded":
      case "name-loop":
      case "name-stale":
      case "name-answered":
        return logName(logger, event, prefix, service);
      case "channel-draining": {
        const { connections, seconds } = event;
        const text = `${prefix}group {group} channel {channel} ({address}) is draining, {connections} ${
          plural(connections, "connection")
        } left${seconds === undefined ? "" : ", to be closed after {seconds} s"}`;
        return logger.info(text, {
          ...service,
          ...placeOf(event),
          connections,
          ...seconds !== undefined && { seconds },
        });
      }
      case "channel-closing":
        return logger.info(
          `${prefix}group {group} channel {channel} ({address}) is not empty in time: closing what is left, {connections} ${
            plural(event.connections, "connection")
          }`,
          { ...service, ...placeOf(event), connections: event.connections },
        );
      case "channel-drained": {
        const { closed } = event, seconds = Math.round(event.seconds);
        const text = `${prefix}group {group} channel {channel} ({address}) drained, empty after {seconds} s${
          closed === 0 ? "" : `, {closed} ${plural(closed, "connection")} closed`
        }`;
        return logger.info(text, { ...service, ...placeOf(event), seconds, ...closed > 0 && { closed } });
      }
      case "channel-autodisabled":
        return logger.error(
          `${prefix}group {group} channel {channel} ({address}) disabled: {reason}; an operator must enable it again`,
          { ...service, ...placeOf(event), reason: event.reason },
        );
      case "shortage":
        return logger.error("{what} failed, out of resources on this machine; retrying: {reason}; {question}", {
          what: event.what,
          reason: event.reason,
          question: SHORTAGE_QUESTIONS[event.what],
        });
      case "events-lost":
        return logger.warn(
          `{count} ${plural(event.count, "event")} lost: a thread reported faster than they could be logged`,
          { count: event.count },
        );
      case "source-unfit":
        return this.#rated(
          event,
          (repeats) =>
            logger.warn(
              `${prefix}group {group} channel {channel} ({address}) cannot be reached from client {client}: {reason}{repeats}`,
              { ...service, ...placeOf(event), client: event.client, reason: event.reason, repeats },
            ),
        );
      case "turned-away":
        return this.#turnedAway(event.service);
      case "refused":
        return this.#refused(event);
      case "networks-read":
      case "networks-stale":
        return logNetworks(logger, event);
      case "paced":
        return logger.warn(
          event.dryRun
            ? `${prefix}clients come faster than --rate; without the dry run, some would have to wait`
            : `${prefix}clients come as fast as --rate allows; further ones wait in the kernel's queue`,
          service,
        );
      case "saturated":
        return logger.warn(
          `${prefix}serving {connections} ${
            plural(event.connections, "client")
          }, the maximum; new ones wait in the kernel's queue`,
          { ...service, connections: event.connections },
        );
      case "splice-refused":
        return logger.warn("relaying with read and write only: {reason}", { reason: event.reason });
      case "strategy-failed":
        return logger.error("strategy {name} has failed; channels take turns instead: {reason}", {
          name: event.name,
          reason: escape(event.reason),
        });
      case "thread-crashed":
        return logger.error(
          `thread {thread} died with {connections} ${
            plural(event.connections, "connection")
          } and starts again in {restartIn} s: {reason}`,
          {
            thread: event.thread,
            connections: event.connections,
            restartIn: Math.ceil(event.restartIn),
            reason: event.reason,
          },
        );
      case "trace": {
        const { client, step, group, channel, address } = event;
        if (group === undefined || channel === undefined || address === undefined) {
          return logger.debug(`${prefix}client {client}: {step}`, { ...service, client, step });
        }
        return logger.debug(`${prefix}client {client}, group {group} channel {channel} ({address}): {step}`, {
          ...service,
          ...placeOf({ group, channel, address }),
          client,
          step,
        });
      }
    }
  };

  /** Logs that clients are refused; once a second, with how many they were. */
  #refused(event: Extract<BalancerEvent, { readonly type: "refused" }>): void {
    const { service: name = "", reason } = event, key = `${reason} ${name}`, instance = this.#instance;
    let refused = this.#refusedClients.get(key);
    if (refused === undefined) {
      refused = new RefusedClients(this.#logger, {
        about: () => servicePrefix(instance, name),
        count: () => instance.service(name)?.access?.refusals(reason),
      }, reason);
      this.#refusedClients.set(key, refused);
    }
    refused.report(event);
  }

  /** Logs why no channel takes clients at the moment; once per window, since this may go on for hours. */
  #turnedAway(name: string | undefined): void {
    const service = name === undefined ? undefined : this.#instance.service(name), now = performance.now();
    if (service === undefined || now - (this.#turnedAwayAt.get(service.name) ?? -Infinity) < WINDOW) return;
    this.#turnedAwayAt.set(service.name, now);
    const counts = service.groups.count(), about = servicePrefix(this.#instance, name);
    this.#logger.warn(
      `${about.prefix}closing clients that no channel takes: {channels} ${plural(counts.channels, "channel")}, ` +
        "{disabled} disabled, {full} full, {failing} failing",
      { ...about.service, ...counts },
    );
  }

  /** Keeps a channel that fails and comes back all the time from flooding the log. The last state is always logged. */
  #rated(
    { service = "", group, channel: number }: ChannelPlace & { readonly service?: string },
    log: (repeats: string) => void,
  ): void {
    const channel = `${service} ${group} ${number}`;
    let changes = this.#changes.get(channel);
    if (changes === undefined) {
      changes = { logged: 0, held: 0, latest: undefined };
      this.#changes.set(channel, changes);
      Deno.unrefTimer(setTimeout(() => this.#endWindow(channel), WINDOW));
    }
    if (changes.logged < BURST) {
      changes.logged++;
      return log("");
    }
    changes.held++;
    changes.latest = log;
  }

  #endWindow(channel: string): void {
    const { held, latest } = this.#changes.get(channel)!;
    this.#changes.delete(channel);
    latest?.(held > 1 ? ` (and ${held - 1} ${plural(held - 1, "change")} before)` : "");
  }
}
