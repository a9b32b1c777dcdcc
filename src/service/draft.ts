import type { ServiceSettings } from "../engine/engine.ts";
import type { GroupSpec } from "../groups/group_spec.ts";
import { type ServiceOptions, serviceOptions, type ServiceValues } from "../options/values.ts";
import type { Strategy } from "../selection/strategy.ts";
import { blaming } from "./blame.ts";
import { groupSpecs, resolve, type Unresolved } from "./group_specs.ts";
import { type Listening, refuseLoops } from "./loops.ts";
import { allPorts, type ServiceRequest } from "./service_request.ts";
import { settled } from "./settled.ts";

/** Where a service listens that was not told otherwise, without and with `-6`. */
const ANY_IPV4 = "0.0.0.0", ANY = "::";

/** What all services of an instance have in common. */
export interface Surroundings {
  /** Threads of the engine. */
  readonly threads: number;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** All strategies, the built-in ones included. */
  readonly strategies: readonly Strategy[];
  /** Whether some of them are the embedding program's. */
  readonly customStrategies: boolean;
  /** What becomes of channels whose hosts do not resolve. */
  readonly unresolved: Unresolved;
}

/** A service with everything that can be known before an engine serves it. */
export interface Draft {
  readonly request: ServiceRequest;
  /** The values that hold: those that were asked for, except where a change takes a restart. */
  readonly values: ServiceValues;
  readonly options: ServiceOptions;
  /** What the engine gets of them. */
  readonly settings: ServiceSettings;
  /** Where to listen, with numeric addresses. */
  readonly places: readonly Listening[];
  /** Its groups, with addresses. */
  readonly groups: readonly GroupSpec[];
}

/**
 * Resolves what a service names.
 *
 * @throws {UnknownHost} when a host does not resolve
 * @throws {ChannelLoop} when a channel without a limit is the service itself, unless there is `allowLoop`
 */
export async function draftService(request: ServiceRequest, around: Surroundings): Promise<Draft> {
  const options = serviceOptions(request.values), places = await placesOf(request, options);
  const settings = await settingsOf(options, around);
  const groups = await groupSpecs(request, settings.source, around.unresolved);
  if (!options.allowLoop) refuseLoops(groups, places);
  return { request, values: request.values, options, settings, places, groups };
}

async function placesOf(request: ServiceRequest, { hostname, ipv6 }: ServiceOptions): Promise<Listening[]> {
  const family = ipv6 ? { family: 6, reason: "which -6 requires" } : undefined;
  const words = hostname === undefined || hostname.length === 0 ? [ipv6 ? ANY : ANY_IPV4] : hostname;
  const addresses = await settled(words.map(async (word) => {
    try {
      return await resolve(word, family, "hostname");
    } catch (error) {
      throw blaming(error, { request, part: { option: "hostname", value: word } });
    }
  }));
  return [...new Set(addresses)].flatMap((hostname) => allPorts(request).map((port) => ({ hostname, port })));
}

async function settingsOf(options: ServiceOptions, around: Surroundings): Promise<ServiceSettings> {
  const { trace, customStrategies, strategies } = around;
  return {
    ...options,
    source: options.source === undefined ? undefined : await resolve(options.source, undefined, "source"),
    trace,
    // Left out if possible: functions cannot be sent to threads.
    strategies: customStrategies ? strategies : undefined,
  };
}
