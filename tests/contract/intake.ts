import type { AccessSettings } from "../../src/access/access.ts";
import { isNetworkFault, parseNetworks } from "../../src/access/network_words.ts";
import type { Networks } from "../../src/access/networks.ts";
import { NetworksBuilder } from "../../src/access/networks_builder.ts";
import type { Action } from "../../src/access/rules.ts";
import type { Condition, ConditionMap } from "../../src/selection/conditions.ts";
import { ClientTable } from "../../src/table/clients/client_table.ts";
import type { RateLimit } from "../../src/table/clients/pace.ts";
import { Refusals } from "../../src/table/clients/refusals.ts";
import { Tally } from "../../src/table/clients/tally.ts";
import type { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import type { Trial } from "./trial.ts";

/** What a trial's service asks of its clients, in the command line's words. */
export interface Asked {
  /** Addresses that must send a PROXY header. */
  readonly acceptProxy?: string;
  /** Seconds. Default 5. */
  readonly proxyTimeout?: number;
  readonly access?: readonly (readonly [Action, networks: string])[];
  readonly allowPeer?: string;
  readonly onDeny?: "close" | "reset";
  readonly maxPerClient?: number;
  readonly ratePerClient?: RateLimit;
  readonly accessDryRun?: boolean;
}

/**
 * What an engine is told of it.
 *
 * @param clients memory of the clients' limits. Default: new
 */
export function accessOf(asked: Asked, threads: number, clients?: SharedArrayBuffer): AccessSettings {
  const { acceptProxy, proxyTimeout = 5, access, allowPeer, onDeny, accessDryRun = false } = asked;
  const { maxPerClient: connections, ratePerClient: rate } = asked;
  const rules = access?.map(([action, networks]) => ({ action, networks: [networksOf(networks)] }));
  return {
    list: rules && { rules, hits: Tally.create(rules.length, threads).buffer },
    peers: allowPeer === undefined ? undefined : [networksOf(allowPeer)],
    proxies: acceptProxy === undefined ? undefined : [networksOf(acceptProxy)],
    clients: (connections ?? rate) === undefined
      ? undefined
      : { connections, rate, memory: clients ?? ClientTable.create(256, 64, threads).buffer },
    refusals: Refusals.create(threads).buffer,
    dryRun: accessDryRun,
    reset: onDeny === "reset",
    proxyTimeout,
  };
}

/** Which clients a group is for; `from` as in the command line. */
export interface GroupCondition extends Omit<Condition, "from"> {
  readonly from?: string;
}

/** The number of a group's condition, if it has one. */
export function conditionNumber(group: number): number {
  return 100 + group;
}

/** What an engine is told of the conditions of groups. */
export function conditionsOf(conditions: readonly (GroupCondition | undefined)[]): ConditionMap {
  const map = new Map<number, Condition>();
  for (const [group, condition] of conditions.entries()) {
    if (condition === undefined) continue;
    const { from, ...others } = condition;
    map.set(conditionNumber(group), from === undefined ? others : { ...others, from: networksOf(from) });
  }
  return map;
}

function networksOf(text: string): Networks {
  const parts = parseNetworks(text), builder = new NetworksBuilder();
  if (isNetworkFault(parts)) throw new Error(`${parts.word} ${parts.reason}`);
  for (const part of parts) {
    if (part.kind === "file") throw new Error("no files here");
    for (const { first, last } of part.ranges) builder.add(first, last);
  }
  return builder.build();
}

/** Clients that have been connected to a channel, as traces name them. */
export function connected(trial: Trial): string[] {
  return trial.events.flatMap((event) => event.type === "trace" && event.step === "connected" ? [event.client] : []);
}

/** What a new client gets back. */
export async function echoed(trial: Trial, sent: Uint8Array, length: number): Promise<string> {
  using client = await trial.connect();
  await client.send(sent);
  return await client.readExactText(length);
}

/**
 * Resolves when the engine has looked at what its only client has sent so far, at least if it has one thread: it has seen
 * somebody who came after that.
 */
export async function lookedAt(trial: Trial): Promise<void> {
  // Not compared with the number before: threads take a place for a moment before they know whether somebody waits.
  await eventually("its client is accepted", () => trial.engine.connections === 1);
  using client = await trial.connect();
  await eventually("another is accepted", () => trial.engine.connections === 2);
  await client.finish();
  await eventually("that one has left", () => trial.engine.connections === 1);
}

/** Clients that are there together. */
export class Crowd implements Disposable {
  readonly clients: readonly Client[];

  private constructor(clients: readonly Client[]) {
    this.clients = clients;
  }

  /** Connects so many where nobody else is, and waits until they are accepted. */
  static async come(trial: Trial, count: number): Promise<Crowd> {
    const crowd = new Crowd(await Promise.all(Array.from({ length: count }, () => trial.connect())));
    await eventually("they are accepted", () => trial.engine.connections === count);
    return crowd;
  }

  [Symbol.dispose](): void {
    for (const client of this.clients) client[Symbol.dispose]();
  }
}
