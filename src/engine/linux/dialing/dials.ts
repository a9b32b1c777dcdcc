import type { ProxyHeader } from "../../../preamble/proxy_header.ts";
import type { Attempt } from "../../../selection/attempt.ts";
import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import { ADDRESS_SIZE } from "../kernel/sockets.ts";
import type { Greeting } from "../../../preamble/greeting.ts";
import type { Terms } from "../thread/terms.ts";

/** The address of a client that is not connecting. */
const NOWHERE = new Uint8Array(ADDRESS_SIZE);

/** A client's search for a channel. Reused, so that a new client allocates nothing. */
export interface Dial {
  attempt: Attempt;
  terms: Terms;
  readonly client: { readonly address: Uint8Array; port: number; localPort: number; greeting: Greeting | undefined };
  /** The PROXY header that told who the client is. */
  header: ProxyHeader | undefined;
  channel: ChannelId;
  /** The `struct sockaddr` that is being connected, and the port, which may have changed there since. */
  address: Uint8Array;
  port: number;
  /** Why a connection to `unfitChannel` cannot come from the client's own address; undefined if there was none such. */
  unfit: string | undefined;
  unfitChannel: ChannelId;
  /** When to stop waiting for a shortage to pass. */
  deadline: number;
  /** Whether it is waiting for a place on a full channel, and how often it has waited. */
  waiting: boolean;
  waits: number;
  /** When to stop waiting in the service's queue; 0 before it has waited there. */
  until: number;
}

/** The searches of a thread's clients, each in a slot, and those that are kept for the next clients. */
export class Dials {
  readonly #dials: Dial[] = [];
  readonly #idle: number[] = [];

  /** The one that `take` will return. */
  next(): Dial {
    if (this.#idle.length === 0) this.#grow();
    return this.#dials[this.#idle[this.#idle.length - 1]];
  }

  /** Takes the slot of `next`, which must have been called. */
  take(): number {
    return this.#idle.pop()!;
  }

  /** The search in this slot. */
  at(slot: number): Dial {
    return this.#dials[slot];
  }

  /** Keeps the search in this slot for another client. */
  giveBack(slot: number): void {
    const dial = this.#dials[slot];
    // The service may be gone before the next client needs this.
    dial.attempt = dial.terms = undefined!;
    dial.client.greeting = dial.header = undefined;
    this.#idle.push(slot);
  }

  #grow(): void {
    this.#idle.push(this.#dials.length);
    this.#dials.push({
      attempt: undefined!,
      terms: undefined!,
      client: { address: new Uint8Array(16), port: 0, localPort: 0, greeting: undefined },
      header: undefined,
      channel: NONE,
      address: NOWHERE,
      port: 0,
      unfit: undefined,
      unfitChannel: NONE,
      deadline: 0,
      waiting: false,
      waits: 0,
      until: 0,
    });
  }
}
