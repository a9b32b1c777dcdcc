import type { StickyClients } from "../../groups/sticky_clients.ts";

/**
 * How often the time is told, in milliseconds: so often that it is wrong by a twentieth of the time that is measured, but
 * no oftener than once a second if a thousandth allows that.
 */
function periodOf({ seconds }: StickyClients): number {
  return Math.max(10, Math.min(seconds * 50, Math.max(1000, seconds)));
}

/**
 * All that are told the time, and how often (milliseconds). The threads' own clocks differ, so the main thread tells
 * them, with one timer for all services.
 */
const listeners = new Map<StickyClients, number>();
let timer: ReturnType<typeof setInterval> | undefined, period = Infinity;

/** Tells it the time from now on. Call it again when its time has changed. */
export function keepTelling(clients: StickyClients): void {
  listeners.set(clients, periodOf(clients));
  adjust();
}

/** Does not tell it the time any more. */
export function stopTelling(clients: StickyClients): void {
  listeners.delete(clients);
  adjust();
}

/** Tells it the time once. */
export function tell({ table }: StickyClients): void {
  table.tick(performance.now() / 1000);
}

function adjust(): void {
  const wanted = Math.min(...listeners.values());
  if (wanted === period) return;
  period = wanted;
  clearInterval(timer);
  if (listeners.size === 0) return;
  timer = setInterval(() => [...listeners.keys()].forEach(tell), period);
  // What is served keeps the process running, not the clock.
  Deno.unrefTimer(timer);
}
