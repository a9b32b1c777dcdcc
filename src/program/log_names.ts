import { escape, quote } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import type { BalancerEvent } from "../service/events.ts";

/** What there is to say about a name. */
type NameEvent = Extract<BalancerEvent, { readonly type: `name-${string}` }>;

/** Logs what becomes of a name that is followed. */
export function logName(
  logger: Logger,
  event: NameEvent,
  prefix: string,
  service: Readonly<Record<string, unknown>>,
): void {
  const host = quote(event.host);
  switch (event.type) {
    case "name-changed": {
      const { group, added, removed, channels } = event;
      const what = [added.length > 0 ? "new: {added}" : [], removed.length > 0 ? "gone: {removed}" : []].flat();
      const text = `${prefix}group {group}: {host} has changed, ${what.join("; ")}; {channels} channels now`;
      return logger.info(text, { ...service, group, host, added: listOf(added), removed: listOf(removed), channels });
    }
    case "name-crowded": {
      const { group, wanted, taken } = event;
      const text = `${prefix}group {group}: {host} stands for {wanted} channels, but there is room for only {taken}`;
      return logger.warn(text, { ...service, group, host, wanted, taken });
    }
    case "name-loop": {
      const text = `${prefix}group {group}: {host} resolves to this balancer itself ({address}), which is left out`;
      return logger.warn(text, { ...service, group: event.group, host, address: event.loop });
    }
    case "name-stale":
      return logger.warn("{host} keeps its addresses: {reason}", { host, reason: escape(event.reason) });
    case "name-answered":
      return logger.info("{host} resolves again", { host });
  }
}

/** Most of them that a line has. */
const MOST_LISTED = 8;

function listOf(all: readonly string[]): string {
  const listed = all.slice(0, MOST_LISTED).map(escape).join(", "), more = all.length - MOST_LISTED;
  return more > 0 ? `${listed} and ${more} more` : listed;
}
