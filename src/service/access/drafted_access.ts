import type { Networks } from "../../access/networks.ts";
import type { Action } from "../../access/rules.ts";
import type { OptionKey } from "../../options/option_records.ts";
import type { ServiceOptions } from "../../options/values.ts";
import type { RateLimit } from "../../table/clients/pace.ts";
import { blaming } from "../blame.ts";
import type { NetworkFiles } from "./network_files.ts";
import type { ServiceRequest } from "../drafts/service_request.ts";

/** A rule as it was given, and the addresses that it stands for at present. */
export interface DraftedRule {
  readonly action: Action;
  /** `10.0.0.0/8,@FILE`. */
  readonly text: string;
  readonly networks: Networks;
}

/** What each client of a service may have. */
export interface DraftedClients {
  readonly connections: number | undefined;
  readonly rate: RateLimit | undefined;
  /** How many bits of an IPv6 address tell clients apart. */
  readonly prefix: number;
  /** Connections that all of them together can have. */
  readonly most: number;
}

/** What a service's options say about who may come in, with what their files say. */
export interface DraftedAccess {
  readonly rules: readonly DraftedRule[];
  readonly peers: readonly Networks[] | undefined;
  readonly proxies: readonly Networks[] | undefined;
  readonly dryRun: boolean;
  readonly reset: boolean;
  readonly proxyTimeout: number;
  readonly clients: DraftedClients | undefined;
  /** How fast all clients together are accepted. */
  readonly rate: RateLimit | undefined;
  /** Whether groups have conditions, so that no group may be for a client. */
  readonly conditional: boolean;
}

/** The words for networks that a service's options have, each with its option. */
export function placedNetworks(
  { accessRules = [], allowPeer = [], acceptProxy = [] }: ServiceOptions,
): (readonly [words: string, option: OptionKey])[] {
  return [
    ...accessRules.map((rule) => [rule.networks, optionOf(rule)] as const),
    ...allowPeer.map((words) => [words, "allowPeer"] as const),
    ...acceptProxy.map((words) => [words, "acceptProxy"] as const),
  ];
}

/** The option that makes a rule. */
function optionOf({ action }: { readonly action: Action }): OptionKey {
  return action === "deny" ? "deny" : "accessRules";
}

/**
 * What they stand for.
 *
 * @param most connections that all clients of the process together can have
 * @throws {NetworkFileProblem} when a file cannot be read, or a line of it is no network
 */
export async function draftAccess(
  request: ServiceRequest,
  options: ServiceOptions,
  files: NetworkFiles,
  most: number,
): Promise<DraftedAccess> {
  const { accessRules = [], allowPeer, acceptProxy, accessDryRun, onDeny, proxyTimeout } = options;
  const read = async (text: string, option: OptionKey) => {
    try {
      return await files.networks(text);
    } catch (error) {
      throw blaming(error, { request, part: { option, value: text } });
    }
  };
  const all = async (texts: readonly string[] | undefined, option: OptionKey) => {
    if (texts === undefined || texts.length === 0) return undefined;
    const sets: Networks[] = [];
    for (const text of texts) sets.push(await read(text, option));
    return sets;
  };
  const rules: DraftedRule[] = [];
  for (const rule of accessRules) {
    const { action, networks: text } = rule;
    rules.push({ action, text, networks: await read(text, optionOf(rule)) });
  }
  return {
    rules,
    peers: await all(allowPeer, "allowPeer"),
    proxies: await all(acceptProxy, "acceptProxy"),
    dryRun: accessDryRun,
    reset: onDeny === "reset",
    proxyTimeout,
    clients: clientsOf(options, most),
    rate: options.rate,
    conditional: request.groups.some(({ conditions }) => conditions !== undefined),
  };
}

function clientsOf(options: ServiceOptions, most: number): DraftedClients | undefined {
  const { maxPerClient: connections, ratePerClient: rate, clientPrefix: prefix, maxConnections } = options;
  if (connections === undefined && rate === undefined) return undefined;
  return { connections, rate, prefix, most: Math.min(most, maxConnections ?? Infinity) };
}

/** Whether two of them let the same clients in in the same way. Sets that have not changed are the same objects. */
export function sameAccess(a: DraftedAccess | undefined, b: DraftedAccess | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameSets(a.peers, b.peers) && sameSets(a.proxies, b.proxies) && sameRules(a.rules, b.rules) &&
    a.rules.every(({ networks }, i) => networks === b.rules[i].networks) &&
    a.conditional === b.conditional && a.dryRun === b.dryRun && a.reset === b.reset &&
    a.proxyTimeout === b.proxyTimeout &&
    sameRate(a.rate, b.rate) && sameLimits(a.clients, b.clients);
}

/** Whether two lists have the same rules, whatever their files say. */
export function sameRules(a: readonly DraftedRule[], b: readonly DraftedRule[]): boolean {
  return a.length === b.length && a.every(({ action, text }, i) => action === b[i].action && text === b[i].text);
}

/** Whether clients may have the same. How many there can be decides nothing by itself. */
function sameLimits(a: DraftedClients | undefined, b: DraftedClients | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.connections === b.connections && a.prefix === b.prefix && sameRate(a.rate, b.rate);
}

function sameRate(a: RateLimit | undefined, b: RateLimit | undefined): boolean {
  return a?.count === b?.count && a?.seconds === b?.seconds && a?.burst === b?.burst;
}

function sameSets(a: readonly Networks[] | undefined, b: readonly Networks[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((networks, i) => networks === b[i]);
}
