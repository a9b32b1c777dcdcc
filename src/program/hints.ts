import type { Logger } from "../log/log.ts";
import type { Instance } from "../service/instance.ts";
import type { Service } from "../service/service.ts";
import type { WatchedService } from "../views/hints/tally.ts";
import type { HintWatch } from "../views/hints/hint_watch.ts";
import { servicePrefix } from "./service_prefix.ts";

/** Milliseconds between two looks at the statistics while connections end. */
const INTERVAL = 5_000;

/** The same when none has ended for long: each look that finds nothing doubles it, so that an idle process sleeps. */
const LONGEST = 60_000;

/** Connections of a service that have to end before anything can be found, and before the code for it is loaded. */
const ENOUGH = 10;

/**
 * Logs what the statistics of services tell that an operator can do something about.
 *
 * @param later calls back once, until what it returns is called
 * @returns what ends that
 */
export function watchForHints(
  instance: Pick<Instance, "services" | "onRecord">,
  logger: Logger,
  later: (act: () => void, milliseconds: number) => () => void = unreferenced,
): () => void {
  const began = performance.now();
  let watch: HintWatch | undefined, seen = 0, pause = INTERVAL, stop = () => {};
  const look = () => {
    for (const { service, kind, text, values } of watch!.look(instance.services.map(watched), performance.now())) {
      const about = servicePrefix(instance, service);
      logger.warn(`${about.prefix}${text}`, { ...about.service, ...values, hint: kind });
    }
  };
  const turn = async () => {
    const counts = instance.services.map(ended), sum = counts.reduce((all, count) => all + count, 0);
    pause = sum === seen ? Math.min(2 * pause, LONGEST) : INTERVAL;
    seen = sum;
    wait();
    if (watch === undefined) {
      if (!counts.some((count) => count >= ENOUGH)) return;
      // If it cannot be loaded now, the next turn tries again.
      const loaded = await import("../views/hints/hint_watch.ts").catch(() => undefined);
      if (loaded === undefined) return;
      watch ??= new loaded.HintWatch(began);
    }
    look();
  };
  const wait = () => void (stop = later(turn, pause));
  wait();
  // Those that did not end well are told at once.
  const unlisten = instance.onRecord(() => {
    if (pause === INTERVAL) return;
    stop();
    pause = INTERVAL;
    wait();
  });
  return () => {
    unlisten();
    stop();
  };
}

function unreferenced(act: () => void, milliseconds: number): () => void {
  const timer = setTimeout(act, milliseconds);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}

function ended({ groups: { table: { statistics } } }: Service): number {
  return statistics?.endedSoFar() ?? 0;
}

function watched({ name, groups, draft: { options: { idleTimeout, proxy } } }: Service): WatchedService {
  return { name, groups, idleTimeout, proxy: proxy !== "off" };
}
