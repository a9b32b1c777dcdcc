import type { CloseOptions } from "../../engine/engine.ts";
import type { Drained } from "../../groups/drained.ts";
import type { Groups } from "../../groups/groups.ts";
import { type ChannelId, groupOf } from "../../table/channel_id.ts";
import type { BalancerEvent, ChannelPlace } from "../events.ts";
import { waitUntil } from "./waiting.ts";

/** The most seconds over which the connections that are left at a deadline are closed. */
const LONGEST_CLOSING = 5;

/** Connections that may be closed in a second before it takes longer to close them: their clients come back elsewhere. */
const AT_ONCE = 20;

/** What drains need from their service. */
export interface DrainsHost {
  /** Closes a channel's connections. */
  readonly close: (id: ChannelId, options: CloseOptions) => Promise<number>;
  /** Reports when a channel begins to drain, and when it is empty. */
  readonly emit: (event: BalancerEvent) => void;
}

/** The channels of a service that are being drained, until they are empty. */
export class ChannelDrains {
  readonly #groups: Groups;
  readonly #host: DrainsHost;
  readonly #running = new Map<ChannelId, AbortController>();

  constructor(groups: Groups, host: DrainsHost) {
    this.#groups = groups;
    this.#host = host;
  }

  /**
   * Gives a channel no new connections, and waits until it has none. An earlier drain of the channel ends, and its
   * deadline with it. Never rejects.
   *
   * @param seconds after which the connections that are left are closed; undefined for never
   */
  async begin(group: number, channel: number, seconds?: number): Promise<Drained> {
    const id = this.#groups.drain(group, channel), begun = performance.now(), left = this.#groups.currentOf(id);
    this.#running.get(id)?.abort();
    const ending = new AbortController(), { signal: over } = ending;
    this.#running.set(id, ending);
    if (left > 0) this.#report(id, { type: "channel-draining", connections: left, seconds });
    const isThere = this.#groups.watch(id);
    const look = (): Exclude<Drained["how"], "replaced"> | undefined => isThere() ? this.#outcome(id) : "removed";
    let how = await waitUntil(look, { seconds, over }), closed = 0;
    if (how === undefined && !over.aborted) {
      const rest = this.#groups.currentOf(id);
      this.#report(id, { type: "channel-closing", connections: rest });
      closed = await this.#host.close(id, { within: Math.min(rest / AT_ONCE, LONGEST_CLOSING) });
      how = await waitUntil(look, { over });
    }
    const drained: Drained = {
      how: how ?? (isThere() ? "replaced" : "removed"),
      closed,
      seconds: (performance.now() - begun) / 1000,
    };
    if (this.#running.get(id) === ending) this.#running.delete(id);
    if (how === "empty") this.#report(id, { type: "channel-drained", closed, seconds: drained.seconds });
    return drained;
  }

  /** Its service has no connections any more. */
  stop(): void {
    for (const ending of this.#running.values()) ending.abort();
  }

  #outcome(id: ChannelId): "enabled" | "empty" | undefined {
    const groups = this.#groups;
    if (!groups.isDraining(id)) return "enabled";
    return groups.currentOf(id) === 0 ? "empty" : undefined;
  }

  #report(id: ChannelId, what: Distribute<BalancerEvent>): void {
    const { table } = this.#groups, group = groupOf(id), channel = table.numberOf(id);
    this.#host.emit({ ...what, group, channel, address: table.address(id) } as BalancerEvent);
  }
}

/** What events about a drain say besides the channel. */
type Distribute<Event> = Event extends { readonly type: `channel-${"draining" | "closing" | "drained"}` }
  ? Omit<Event, keyof ChannelPlace | "service">
  : never;
