import type { Contender } from "../contender.ts";
import type { Measure } from "../measure.ts";
import { besideBulk } from "./beside_bulk.ts";
import { besideIdle } from "./beside_idle.ts";
import { besideIdleServices } from "./beside_idle_services.ts";
import { bulk } from "./bulk.ts";
import { connectionLog } from "./connection_log.ts";
import { idle } from "./idle.ts";
import { keepAlive } from "./keep_alive.ts";
import { latency } from "./latency.ts";
import { manyChannels } from "./many_channels.ts";
import { manyServices } from "./many_services.ts";
import { newConnections } from "./new_connections.ts";
import { proxyHeader } from "./proxy_header.ts";
import { startUp } from "./start_up.ts";
import { strategies } from "./strategies.ts";
import { wayIn } from "./way_in.ts";

/** Everything that is measured, in the order of the tables. @param reference sets the rate for latency */
export function measures(reference: Contender): Measure[] {
  return [
    keepAlive,
    newConnections,
    bulk("bulk-1", 1),
    bulk("bulk-8", 8),
    besideBulk(8),
    besideBulk(64),
    latency(reference),
    idle,
    startUp,
    besideIdle,
    manyChannels,
    strategies,
    wayIn,
    proxyHeader,
    connectionLog,
    besideIdleServices,
    manyServices,
  ];
}
