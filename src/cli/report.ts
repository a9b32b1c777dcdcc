import type { BalancerEvent, ChannelPlace } from "../balancer/events.ts";
import type { Groups } from "../groups/groups.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { formatAddress } from "../table/address.ts";
import { type ChannelId, channelId } from "../table/channel_id.ts";

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
  readonly #groups: Groups;
  readonly #changes = new Map<ChannelId, Changes>();
  #turnedAwayAt = -Infinity;

  constructor(logger: Logger, groups: Groups) {
    this.#logger = logger;
    this.#groups = groups;
  }

  /** Logs one event. */
  readonly event = (event: BalancerEvent): void => {
    const logger = this.#logger;
    switch (event.type) {
      case "channel-failing":
        return this.#rated(
          event,
          (repeats) =>
            logger.warn("group {group} channel {channel} ({address}) does not accept: {reason}{repeats}", {
              ...placeOf(event),
              reason: event.reason,
              repeats,
            }),
        );
      case "channel-back":
        return this.#rated(
          event,
          (repeats) =>
            logger.info("group {group} channel {channel} ({address}) accepts again{repeats}", {
              ...placeOf(event),
              repeats,
            }),
        );
      case "channel-autodisabled":
        return logger.error(
          "group {group} channel {channel} ({address}) disabled: {reason}; an operator must enable it again",
          { ...placeOf(event), reason: event.reason },
        );
      case "shortage":
        return logger.error("{what} failed, out of resources on this machine; retrying: {reason}", {
          what: event.what,
          reason: event.reason,
        });
      case "events-lost":
        return logger.warn(
          `{count} ${plural(event.count, "event")} lost: a thread reported faster than they could be logged`,
          { count: event.count },
        );
      case "turned-away":
        return this.#turnedAway();
      case "saturated":
        return logger.warn(
          `serving {connections} ${
            plural(event.connections, "client")
          }, the maximum; new ones wait in the kernel's queue`,
          { connections: event.connections },
        );
      case "splice-refused":
        return logger.warn("relaying with read and write only: {reason}", { reason: event.reason });
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
          return logger.debug("client {client}: {step}", { client, step });
        }
        return logger.debug("client {client}, group {group} channel {channel} ({address}): {step}", {
          ...placeOf({ group, channel, address }),
          client,
          step,
        });
      }
    }
  };

  /** Logs why no channel takes clients at the moment; once per window, since this may go on for hours. */
  #turnedAway(): void {
    const now = performance.now();
    if (now - this.#turnedAwayAt < WINDOW) return;
    this.#turnedAwayAt = now;
    const counts = this.#groups.count();
    this.#logger.warn(
      `closing clients that no channel takes: {channels} ${plural(counts.channels, "channel")}, ` +
        "{disabled} disabled, {full} full, {failing} failing",
      { ...counts },
    );
  }

  /** Keeps a channel that fails and comes back all the time from flooding the log. The last state is always logged. */
  #rated({ group, channel: number }: ChannelPlace, log: (repeats: string) => void): void {
    const channel = channelId(group, number);
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

  #endWindow(channel: ChannelId): void {
    const { held, latest } = this.#changes.get(channel)!;
    this.#changes.delete(channel);
    latest?.(held > 1 ? ` (and ${held - 1} ${plural(held - 1, "change")} before)` : "");
  }
}

function placeOf({ group, channel, address }: ChannelPlace): Record<keyof ChannelPlace, number | string> {
  return { group, channel, address: formatAddress(address) };
}
