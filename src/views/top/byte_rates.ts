import type { ChannelState } from "../../state/channel_state.ts";
import type { ServiceState } from "../../state/service_state.ts";

/** Bytes per second of a channel. */
export interface ByteRate {
  readonly up: number;
  readonly down: number;
}

interface Seen {
  readonly place: string;
  readonly sent: number;
  readonly rcvd: number;
}

/** How fast bytes go, from what their counters say at two looks. */
export class ByteRates {
  #at = 0;
  #seen = new Map<string, Seen>();
  #rates = new Map<string, ByteRate>();

  /** @param now milliseconds of any clock */
  look(services: readonly ServiceState[], now: number): void {
    const seconds = (now - this.#at) / 1000, seen = new Map<string, Seen>(), rates = new Map<string, ByteRate>();
    for (const { name, groups } of services) {
      for (const { group, channels } of groups) {
        for (const channel of channels) {
          const key = keyOf(name, group, channel.channel), { sent, rcvd } = channel, before = this.#seen.get(key);
          const place = placeOf(channel);
          seen.set(key, { place, sent, rcvd });
          if (before === undefined || before.place !== place || seconds <= 0) continue;
          // A reset puts counters back.
          if (sent < before.sent || rcvd < before.rcvd) continue;
          rates.set(key, { up: (sent - before.sent) / seconds, down: (rcvd - before.rcvd) / seconds });
        }
      }
    }
    this.#at = now;
    this.#seen = seen;
    this.#rates = rates;
  }

  /** Undefined until two looks have been taken. */
  of(key: string): ByteRate | undefined {
    return this.#rates.get(key);
  }
}

/** What tells a channel from all others. A name of a service has no spaces. */
export function keyOf(service: string, group: number, channel: number): string {
  return `${service} ${group} ${channel}`;
}

/** What a channel leads to: another one may have its number later. */
export function placeOf({ host, port, name }: ChannelState): string {
  return `${name ?? ""} ${host} ${port}`;
}
