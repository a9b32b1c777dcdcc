import type { Logger } from "../log/log.ts";
import type { Instance } from "../service/instance.ts";
import type { Service } from "../service/service.ts";
import { ENDS } from "../table/records/ends.ts";
import type { WatchedService } from "../views/hints/tally.ts";
import type { HintWatch } from "../views/hints/hint_watch.ts";
import { servicePrefix } from "./service_prefix.ts";

/** Milliseconds between two looks at the statistics. */
const INTERVAL = 5_000;

/** Connections of a service that have to end before anything can be found, and before the code for it is loaded. */
const ENOUGH = 10;

/** Logs what the statistics of services tell that an operator can do something about. @returns what ends that */
export function watchForHints(instance: Instance, logger: Logger): () => void {
  const began = performance.now();
  let watch: HintWatch | undefined, loading = false;
  const look = () => {
    if (watch === undefined) return void load();
    for (const { service, kind, text, values } of watch.look(instance.services.map(watched), performance.now())) {
      const about = servicePrefix(instance, service);
      logger.warn(`${about.prefix}${text}`, { ...about.service, ...values, hint: kind });
    }
  };
  const load = async () => {
    if (loading || !instance.services.some((service) => ended(service) >= ENOUGH)) return;
    loading = true;
    watch = new (await import("../views/hints/hint_watch.ts")).HintWatch(began);
    look();
  };
  const timer = setInterval(look, INTERVAL);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

function ended({ groups: { table: { statistics } } }: Service): number {
  return statistics === undefined ? 0 : ENDS.reduce((sum, end) => sum + statistics.ended(end), 0);
}

function watched({ name, groups, draft: { options: { idleTimeout, proxy } } }: Service): WatchedService {
  return { name, groups, idleTimeout, proxy: proxy !== "off" };
}
