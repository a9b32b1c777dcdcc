import type { OthersOptions, ServiceSettings } from "../../engine/engine.ts";
import { CLIENT_SOURCE } from "../../options/kinds/address.ts";
import { listeningHosts } from "../../options/listening_hosts.ts";
import { access as accessRecords } from "../../options/records/access.ts";
import { connectionLog as connectionLogRecords } from "../../options/records/connection_log.ts";
import { health as healthRecords } from "../../options/records/health.ts";
import { type ServiceOptions, serviceOptions } from "../../options/values.ts";
import { IPV6 } from "../../process/resolve.ts";
import { blaming } from "../blame.ts";
import { conditionNetworks } from "../access/condition_networks.ts";
import type { Draft } from "./draft.ts";
import { groupSpecs, resolve } from "./group_specs.ts";
import { type Listening, ownAddressesOnce, refuseLoops } from "./loops.ts";
import { allPorts, type ServiceRequest } from "./service_request.ts";
import { settled } from "./settled.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Resolves what a service names.
 *
 * @throws {UnknownHost} when a host does not resolve
 * @throws {ChannelLoop} when a channel without a limit is the service itself, unless there is `allowLoop`
 */
export async function draftService(
  request: ServiceRequest,
  around: Surroundings,
  own = ownAddressesOnce(),
): Promise<Draft> {
  const options = serviceOptions(request.values), places = await placesOf(request, options);
  const settings = await settingsOf(options, around);
  const { groups, addresses } = await groupSpecs(request, settings.source, around);
  if (!options.allowLoop) refuseLoops(groups, places, own);
  const access = await around.access.draft(request, options);
  const networks = await conditionNetworks(request, around.access);
  return { request, values: request.values, options, settings, access, networks, places, groups, addresses };
}

async function placesOf(request: ServiceRequest, options: ServiceOptions): Promise<Listening[]> {
  const family = options.ipv6 ? IPV6 : undefined;
  const addresses = await settled(
    listeningHosts(options).map(async (word) => {
      try {
        return await resolve(word, family, "hostname");
      } catch (error) {
        throw blaming(error, { request, part: { option: "hostname", value: word } });
      }
    }),
  );
  return [...new Set(addresses)].flatMap((hostname) => allPorts(request).map((port) => ({ hostname, port })));
}

/** What engines do not get of the options: checks are the main thread's, and who may come in is worked out first. */
const OTHERS: ReadonlySet<string> = new Set([
  ...["hostname", "ipv6", "allowLoop", "acceptProxy", "proxyTimeout"] satisfies OthersOptions[],
  ...Object.keys(accessRecords),
  ...Object.keys(connectionLogRecords),
  ...Object.keys(healthRecords),
]);

async function settingsOf(options: ServiceOptions, around: Surroundings): Promise<ServiceSettings> {
  const { trace, customStrategies, strategies } = around;
  const given = Object.fromEntries(Object.entries(options).filter(([key]) => !OTHERS.has(key)));
  return {
    ...given as Omit<ServiceOptions, OthersOptions>,
    ...await sourceOf(options),
    ...recordsOf(options, around.records),
    trace,
    // Left out if possible: functions cannot be sent to threads.
    strategies: customStrategies ? strategies : undefined,
  };
}

/** Which connections that ended well leave a record. */
function recordsOf(
  { connectionLog, connectionLogSample }: ServiceOptions,
  all: boolean,
): Pick<ServiceSettings, "records"> {
  if (all) return { records: 1 };
  return connectionLog && connectionLogSample > 0 ? { records: connectionLogSample } : {};
}

/** Where connections come from. */
async function sourceOf({ source }: ServiceOptions): Promise<Pick<ServiceSettings, "source" | "clientSource">> {
  if (source === CLIENT_SOURCE) return { source: undefined, clientSource: true };
  return { source: source === undefined ? undefined : await resolve(source, undefined, "source") };
}
