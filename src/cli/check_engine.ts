import { type Finding, findingAt } from "../files/finding.ts";
import { plural } from "../log/plural.ts";
import { listeningHosts } from "../options/listening_hosts.ts";
import { partPlace, type PlacedService } from "../options/service_places.ts";
import type { ServiceFile } from "../options/service_file.ts";
import { type ProcessOptions, serviceOptions } from "../options/values.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, uncapitalised } from "../process/exit_codes.ts";
import { serviceFault } from "../program/service_fault.ts";
import { threadsFor } from "../program/start_instance.ts";
import { blameOf } from "../service/blame.ts";
import { chooseEngine, requireEngine } from "../service/engine/choose_engine.ts";
import { requireDescriptors } from "../service/engine/descriptor_budget.ts";
import { descriptorShares } from "../service/engine/descriptor_shares.ts";
import { EngineUnavailable } from "../service/errors.ts";
import { allPorts } from "../service/drafts/service_request.ts";

/** What was found about the engine, in the order in which a start looks. */
export interface EngineFindings {
  readonly found: readonly Finding[];
  /** Whether there are more listening sockets than descriptors. */
  readonly tooMany: boolean;
}

/** Whether the engine can run with the options of all services, and whether there are enough descriptors. */
export function checkEngine({ services }: ServiceFile, options: ProcessOptions): EngineFindings {
  const threads = threadsFor(options);
  let engine: ReturnType<typeof chooseEngine>;
  try {
    engine = chooseEngine(options.engine, { threads });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    return { found: [{ code: ExitCode.USAGE, lines: [uncapitalised(error)] }], tooMany: false };
  }
  const { name, reason } = engine, { trace } = options;
  const lacking = services.flatMap(({ spec }) =>
    refused(
      services,
      () => requireEngine(name, { request: spec, settings: { ...serviceOptions(spec.values), trace } }, reason),
    )
  );
  const tooMany = refused(services, () => {
    requireDescriptors(name, threads, services.map(({ spec }) => ({ request: spec, places: placesOf(spec) })));
  });
  const rest = tooMany.length > 0 ? tooMany : checkMaxConnections(services, name, threads, options);
  return { found: [...lacking, ...rest], tooMany: tooMany.length > 0 };
}

/** What a check that throws because of a service says. */
function refused(services: readonly PlacedService[], check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    const fault = serviceFault(error), service = services.find(({ spec }) => spec === blameOf(error)?.request);
    if (fault === undefined || service === undefined) throw error;
    return [findingAt(partPlace(service, fault.part), fault.message, fault.code)];
  }
}

function placesOf(spec: PlacedService["spec"]): unknown[] {
  const ports = allPorts(spec);
  return listeningHosts(spec.values).flatMap(() => ports);
}

/** Each listening socket takes a descriptor, and each connection two or more. */
function checkMaxConnections(
  services: readonly PlacedService[],
  engine: "linux" | "portable",
  threads: number,
  { maxConnections }: ProcessOptions,
): Finding[] {
  const limit = descriptorLimit();
  if (limit === undefined) return [];
  const sockets = services.reduce((sum, { spec }) => sum + placesOf(spec).length, 0);
  const { connections } = descriptorShares(engine, threads, limit, undefined, sockets);
  const most = Math.max(maxConnections ?? 0, ...services.map(({ spec }) => spec.values.maxConnections ?? 0));
  if (most <= connections) return [];
  const line = `--max-connections ${most} is beyond the descriptor limit of ${limit}, which allows ${connections} ` +
    `${plural(connections, "client")}; others will wait`;
  return [{ lines: [line] }];
}
