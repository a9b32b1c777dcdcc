import { ClientLane, type ClientLimits, NO_HANDLE, REACHED } from "../table/clients/client_lane.ts";
import { NO_RULE, type OperatorBuffers, OperatorRules } from "../table/clients/operator_rules.ts";
import { type RefusalReason, Refusals } from "../table/clients/refusals.ts";
import { Tally } from "../table/clients/tally.ts";
import type { Networks } from "./networks.ts";
import { type Action, firstMatch, inAny, otherwise, type Rule } from "./rules.ts";

/** An access list, with how often each of its rules has decided. */
export interface AccessList {
  readonly rules: readonly Rule[];
  /** A counter for each rule and each thread. */
  readonly hits: SharedArrayBuffer;
}

/** What each client may have, and the memory where that is counted. */
export interface ClientAccess extends ClientLimits {
  /** That of a `ClientTable`. */
  readonly memory: SharedArrayBuffer;
}

/** Who may come in: plain data, and memory that threads share. */
export interface AccessSettings {
  /** Which clients may come in. Default: all. */
  readonly list?: AccessList;
  /** What operators have said since; it counts first. Default: nothing. */
  readonly operators?: OperatorBuffers;
  /** Which addresses may connect at all. Default: all. */
  readonly peers?: readonly Networks[];
  /** Which addresses must send a PROXY header. Default: none. */
  readonly proxies?: readonly Networks[];
  /** Limits of each client. Default: none. */
  readonly clients?: ClientAccess;
  /** Where refused clients are counted. */
  readonly refusals: SharedArrayBuffer;
  /** Whether clients are only counted, and come in all the same. PROXY headers are required in any case. */
  readonly dryRun: boolean;
  /** Whether refused clients are reset. */
  readonly reset: boolean;
  /** Seconds for which a PROXY header is waited for. */
  readonly proxyTimeout: number;
}

/** What a refused client was, for the log. */
export interface RefusedClient {
  readonly reason: RefusalReason;
  /** Sixteen bytes of its address. Valid during the call only. */
  readonly address: Uint8Array;
  /** Whether it comes in all the same. */
  readonly dryRun: boolean;
  /** What was wrong with what it sent; undefined if that is not why. */
  readonly fault?: string;
}

/** What `Access.enter` returns for a client that is refused. */
export const REFUSED = -1;

/**
 * Who may come in, as one thread sees it. It counts whomever it refuses, and reports some: at most one a second for
 * each reason. Allocates nothing for a client.
 */
export class Access {
  /** Whether refused clients are reset. */
  readonly reset: boolean;
  /** Seconds for which a PROXY header is waited for. */
  readonly proxyTimeout: number;
  /** Why a client was last refused, or would have been in a dry run. */
  objection: RefusalReason | undefined;
  /** Whether it ever refuses a client, or requires a header. */
  readonly guards: boolean;
  readonly #settings: AccessSettings;
  readonly #lane: number;
  readonly #refusals: Refusals;
  readonly #operators: OperatorRules | undefined;
  readonly #rules: readonly Rule[];
  readonly #hits: Tally | undefined;
  readonly #otherwise: Action;
  readonly #clients: ClientLane | undefined;
  readonly #now: () => number;
  readonly #report: (client: RefusedClient) => void;
  /** When each reason was last reported. */
  readonly #reported = new Map<RefusalReason, number>();

  /**
   * @param lane the thread's number
   * @param now milliseconds of a clock that all threads share
   * @param report called with some of the clients that are refused
   */
  constructor(settings: AccessSettings, lane: number, now: () => number, report: (client: RefusedClient) => void) {
    const { list, operators, peers, proxies, clients, refusals, reset, proxyTimeout } = settings;
    this.#settings = settings;
    this.#lane = lane;
    this.#now = now;
    this.#report = report;
    this.#refusals = Refusals.attach(refusals);
    this.#operators = operators && OperatorRules.attach(operators);
    this.#rules = list?.rules ?? [];
    this.#hits = list && Tally.attach(list.hits, list.rules.length);
    this.#otherwise = otherwise(this.#rules);
    this.#clients = clients && new ClientLane(clients.memory, lane, clients);
    this.reset = reset;
    this.proxyTimeout = proxyTimeout;
    this.guards = [list, operators, peers, proxies, clients].some((part) => part !== undefined);
  }

  /** Whether a peer may connect at all, whoever it speaks for. */
  admitsPeer(address: Uint8Array): boolean {
    const { peers } = this.#settings;
    return peers === undefined || inAny(peers, address) || this.#spares("peer", address);
  }

  /** Whether a peer must send a PROXY header. */
  expectsHeader(address: Uint8Array): boolean {
    const { proxies } = this.#settings;
    return proxies !== undefined && inAny(proxies, address);
  }

  /** Lets a client in. Above 0: what `leave` needs when its connection has ended; 0: nothing to do then; or REFUSED. */
  enter(address: Uint8Array): number {
    const reason = this.#objection(address);
    // In a dry run it counts for no limit either: it would never have come so far.
    if (reason !== undefined) return this.#spares(reason, address) ? 0 : REFUSED;
    return this.#clients === undefined ? 0 : this.#countIn(this.#clients, address);
  }

  /** The connection of a client has ended. @param handle what `enter` returned, above 0 */
  leave(handle: number): void {
    this.#clients?.leave(handle);
  }

  /** Counts a client that was refused for another reason. @param fault what was wrong with what it sent, if that is why */
  refused(reason: RefusalReason, address: Uint8Array, fault?: string): void {
    this.#count(reason, address, false, fault);
  }

  /** Counts one more connection of a client, unless it has reached a limit. */
  #countIn(clients: ClientLane, address: Uint8Array): number {
    const handle = clients.enter(address, this.#now(), !this.#settings.dryRun), { reached } = clients;
    if (reached !== REACHED.NONE) {
      const reason = reached === REACHED.CONNECTIONS ? "connections" : "rate";
      if (!this.#spares(reason, address)) return REFUSED;
    }
    return handle === NO_HANDLE ? 0 : handle;
  }

  /** Why the lists do not let a client in. */
  #objection(address: Uint8Array): RefusalReason | undefined {
    const operators = this.#operators, slot = operators?.find(address) ?? NO_RULE;
    if (slot !== NO_RULE) {
      operators!.hit(this.#lane, slot);
      return operators!.allows ? undefined : "operator";
    }
    const rules = this.#rules, rule = firstMatch(rules, address);
    if (rule >= 0) this.#hits!.add(this.#lane, rule);
    return (rule < 0 ? this.#otherwise : rules[rule].action) === "allow" ? undefined : "denied";
  }

  /** Counts a client that is refused. @returns whether it comes in all the same */
  #spares(reason: RefusalReason, address: Uint8Array): boolean {
    const { dryRun } = this.#settings;
    this.#count(reason, address, dryRun);
    return dryRun;
  }

  #count(reason: RefusalReason, address: Uint8Array, dryRun: boolean, fault?: string): void {
    this.objection = reason;
    this.#refusals.add(this.#lane, reason, dryRun);
    const now = this.#now();
    if (now - (this.#reported.get(reason) ?? -Infinity) < 1000) return;
    this.#reported.set(reason, now);
    this.#report({ reason, address, dryRun, ...fault !== undefined && { fault } });
  }
}
