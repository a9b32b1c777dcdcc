import type { ProxyHeader } from "../../preamble/proxy_header.ts";
import type { Selection } from "../../selection/selection.ts";
import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";
import type { RefusalReason } from "../../table/clients/refusals.ts";
import type { ServiceSetup } from "../engine.ts";
import type { RunningClock } from "../running_clock.ts";
import { Reception, type ReceptionTerms, STEP, type Step } from "../reception.ts";
import { receptionTerms } from "../reception_terms.ts";
import { Expiring } from "./expiring.ts";
import { part } from "./parting.ts";
import type { ReadAhead } from "./read_ahead.ts";
import type { Listed } from "./roster.ts";

export { PaceLine } from "./pace_line.ts";

/** How the clients of a service come in that asks something of them. */
export function makeIntake({ settings, emit }: ServiceSetup, selection: Selection, clock: RunningClock): Intake {
  return new Intake(receptionTerms(settings, selection, { lane: 0, now: () => performance.now(), emit })!, clock);
}

/** Part of its time by which a client may be told late that it has passed, and milliseconds at most. */
const LATE = 1 / 20, MOST_LATE = 100;

/** A client that has to say something. */
interface Waiter extends Listed {
  /** When its time ends, by the clock. */
  readonly end: number;
  wake: () => void;
  expired: boolean;
}

/**
 * Takes in the clients of a service that asks something of them, under the same terms: feeds their receptions with what
 * they say, and with the end of their time.
 */
export class Intake {
  readonly clock: RunningClock;
  readonly #terms: ReceptionTerms;
  /** Those who wait, by how many milliseconds they may: one for PROXY headers and one for first bytes. */
  readonly #waiting = new Map<number, Expiring<Waiter>>();
  #spare: Reception | undefined;

  constructor(terms: ReceptionTerms, clock: RunningClock) {
    this.#terms = terms;
    this.clock = clock;
  }

  /** A client has been accepted. Returns nothing if it is refused at once, and nothing has been kept about it then. */
  begin(client: Deno.TcpConn): Arrival | undefined {
    const reception = this.#spare ?? new Reception(), { hostname, port } = client.remoteAddr;
    const step = reception.begin(this.#terms, parseHost(hostname).bytes, port, client.localAddr.port);
    this.#spare = step === STEP.REFUSED ? reception : undefined;
    return step === STEP.REFUSED ? undefined : new Arrival(this, reception, step);
  }

  /** Why the client was refused that came last, if it was refused at once. */
  get objection(): RefusalReason | undefined {
    return this.#spare?.objection;
  }

  /** The connection of a client has ended. @param handle of its limit */
  leave(handle: number): void {
    this.#terms.access?.leave(handle);
  }

  /** Gives up the timers. No client may be on its way in. */
  clear(): void {
    for (const waiting of this.#waiting.values()) waiting.clear();
  }

  /** Reads as far as the client has to say something for one step. */
  async next(reception: Reception, ahead: ReadAhead): Promise<Step> {
    const waiting = this.#expiring(reception.time);
    const waiter = { place: 0, end: this.clock.now() + reception.time, wake: nothing, expired: false };
    waiting.add(waiter);
    try {
      for (;;) {
        await new Promise<void>((resolve) => {
          waiter.wake = resolve;
          ahead.more().then(resolve);
        });
        if (ahead.gone) return STEP.LEFT;
        const { bytes, ended } = ahead;
        if (waiter.expired) return reception.expired(bytes);
        if (bytes.length < reception.wanted && !ended) continue;
        const step = reception.look(bytes, ended);
        if (step !== STEP.MORE) return step;
      }
    } finally {
      waiting.delete(waiter);
    }
  }

  #expiring(time: number): Expiring<Waiter> {
    let waiting = this.#waiting.get(time);
    if (waiting === undefined) {
      const expire = (waiter: Waiter) => {
        waiter.expired = true;
        waiter.wake();
      };
      waiting = new Expiring<Waiter>(this.clock, ({ end }) => end, expire, Math.min(time * LATE, MOST_LATE));
      this.#waiting.set(time, waiting);
    }
    return waiting;
  }
}

function nothing(): void {}

/** A client on its way in. */
export class Arrival {
  readonly #reception: Reception;
  readonly #intake: Intake;
  #step: Step;

  constructor(intake: Intake, reception: Reception, step: Step) {
    this.#intake = intake;
    this.#reception = reception;
    this.#step = step;
  }

  /** Who it is. */
  get client(): Client {
    return this.#reception.client;
  }

  /** The PROXY header that came with it. */
  get header(): ProxyHeader | undefined {
    return this.#reception.header;
  }

  /** Why it is refused, if it is. */
  get objection(): RefusalReason | undefined {
    return this.#reception.objection;
  }

  /** Whether the client has to say something first. */
  get listens(): boolean {
    return this.#step !== STEP.ADMITTED;
  }

  /** Listens to the client until it is clear whether it comes in. Never rejects. */
  async listen(ahead: ReadAhead): Promise<boolean> {
    const reception = this.#reception;
    while (this.#step === STEP.MORE || this.#step === STEP.CONSUME) {
      if (this.#step === STEP.MORE) {
        this.#step = await this.#intake.next(reception, ahead);
      } else {
        ahead.drop(reception.consume);
        this.#step = reception.look(ahead.bytes, ahead.ended);
      }
    }
    return this.#step === STEP.ADMITTED;
  }

  /** Tells a client that does not come in why, if it is told at all. The caller closes it. Never rejects. */
  async part(ahead: ReadAhead): Promise<void> {
    const { farewell } = this.#reception;
    if (farewell !== undefined) await part(ahead, farewell, this.#intake.clock);
  }

  /** The connection has ended. */
  end(): void {
    const { handle } = this.#reception;
    if (handle > 0) this.#intake.leave(handle);
  }
}
