/** What a figure of this program must reach, compared with others or on its own. */
export interface Target {
  /** The contender's name; with " xN" at the end for its variant with several threads. */
  readonly contender: string;
  readonly measure: string;
  readonly metric: string;
  /** The bound: a ratio with `against`, else in the metric's unit. Upper where less is better, lower otherwise. */
  readonly bound: number;
  /** Contenders it is divided by; of several, by the best one in each round. */
  readonly against?: readonly string[];
}

const PEERS = ["haproxy", "nginx", "pen"];

function target(contender: string, place: string, bound: number, ...against: string[]): Target {
  const [measure, metric] = place.split(".");
  return { contender, measure, metric, bound, against: against.length === 0 ? undefined : against };
}

/** The bounds for speed and memory of each engine. */
export const TARGETS: readonly Target[] = [
  target("portable", "keep-alive.processor", 1.5, "nginx"),
  target("portable", "new-connections.processor", 1.8, "nginx"),
  target("portable", "bulk-1.throughput", 1.0, "nginx"),
  target("portable", "bulk-8.throughput", 1.0, "nginx"),
  target("portable", "idle.memory", 32),

  target("linux", "keep-alive.processor", 1.0, ...PEERS),
  target("linux", "new-connections.processor", 0.85, "haproxy"),
  ...["bulk-1", "bulk-8"].flatMap((measure) =>
    ["haproxy", "haproxy auto"].flatMap((peer) => [
      target("linux", `${measure}.throughput`, 1.5, peer),
      target("linux", `${measure}.processor`, 0.35, peer),
    ])
  ),
  ...["portable", "linux"].flatMap((engine) =>
    ["beside-bulk-8", "beside-bulk-64"].flatMap((measure) => [
      target(engine, `${measure}.request`, 1.0, "haproxy"),
      target(engine, `${measure}.connection`, 1.0, "haproxy"),
    ])
  ),
  target("linux", "latency.p99", 1.1, "haproxy"),
  target("linux", "latency.p999", 1.1, "haproxy"),
  target("linux", "idle.memory", 3),
  target("linux", "idle.processor", 0),
  target("linux", "beside-idle.requests", 1.1),
  target("linux", "beside-idle.connections", 1.1),
  target("linux", "many-channels.requests", 1.1),
  target("linux", "many-channels.connections", 1.1),
  ...["rr", "hash", "least", "random", "stable", "first"].map((strategy) =>
    target("linux", `strategies.${strategy}`, 1.05)
  ),
  target("linux", "way-in.access", 1.1),
  target("linux", "way-in.sni", 1.25),
  ...["portable", "linux"].flatMap((engine) =>
    ["text", "json", "ecs", "letters"].map((form) => target(engine, `connection-log.${form}`, 1.05))
  ),
  ...["portable", "linux"].flatMap((engine) => [
    target(engine, "beside-idle-services.requests", 1.05),
    target(engine, "beside-idle-services.connections", 1.05),
    target(engine, "many-services.milliseconds", 2000),
    target(engine, "many-services.memory", 1.5),
  ]),
  target("linux x2", "keep-alive.processor", 1.1, "linux"),
];
