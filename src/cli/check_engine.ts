import { plural } from "../log/plural.ts";
import { optionRecords } from "../options/option_records.ts";
import type { OptionRecord } from "../options/option_record.ts";
import { optionPlace, type PlacedService } from "../options/service_places.ts";
import type { ServiceFile } from "../options/service_file.ts";
import { type ProcessOptions, serviceOptions } from "../options/values.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, uncapitalised } from "../process/exit_codes.ts";
import { chooseEngine, requirePortable } from "../service/choose_engine.ts";
import { descriptorShares } from "../service/descriptor_shares.ts";
import { EngineUnavailable } from "../service/errors.ts";
import { type Finding, findingAt } from "./finding.ts";
import { threadsFor } from "./start_instance.ts";

/** Whether the engine can run with the options of all services, and whether there are enough descriptors. */
export function checkEngine({ services }: ServiceFile, options: ProcessOptions): Finding[] {
  const threads = threadsFor(options);
  let engine: ReturnType<typeof chooseEngine>;
  try {
    engine = chooseEngine(options.engine, { threads });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    return [{ code: ExitCode.USAGE, lines: [uncapitalised(error)] }];
  }
  const lacking = engine.name === "portable"
    ? services.flatMap((service) => checkPortable(service, options, engine.reason))
    : [];
  return [...lacking, ...checkDescriptors(services, engine.name, threads, options)];
}

function checkPortable(service: PlacedService, options: ProcessOptions, engineReason: string): Finding[] {
  try {
    requirePortable(
      { ...serviceOptions(service.spec.values), trace: options.trace },
      engineReason === "requested" ? undefined : engineReason,
    );
    return [];
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    const records: readonly [string, OptionRecord][] = Object.entries(optionRecords);
    const key = records.find(([key, { linuxOnly }]) => linuxOnly !== undefined && key in service.spec.values)?.[0];
    return [findingAt(
      optionPlace(service, (key ?? "source") as keyof typeof optionRecords),
      uncapitalised(error),
      ExitCode.USAGE,
    )];
  }
}

/** Each listening socket takes a descriptor, and each connection two or more. */
function checkDescriptors(
  services: readonly PlacedService[],
  engine: "linux" | "portable",
  threads: number,
  { maxConnections }: ProcessOptions,
): Finding[] {
  const limit = descriptorLimit();
  if (limit === undefined) return [];
  const sockets = services.reduce((sum, { spec: { ports, values: { hostname } } }) => {
    return sum + (hostname?.length ?? 1) * ports.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }, 0);
  const { connections, spare } = descriptorShares(engine, threads, limit, undefined, sockets);
  if (spare === 0) {
    const line = `${sockets} listening ${plural(sockets, "socket")} are too many for a descriptor limit of ${limit}`;
    return [{ code: ExitCode.SYSTEM, lines: [line] }];
  }
  const most = Math.max(maxConnections ?? 0, ...services.map(({ spec }) => spec.values.maxConnections ?? 0));
  if (most <= connections) return [];
  const line = `--max-connections ${most} is beyond the descriptor limit of ${limit}, which allows ${connections} ` +
    `${plural(connections, "client")}; others will wait`;
  return [{ lines: [line] }];
}
