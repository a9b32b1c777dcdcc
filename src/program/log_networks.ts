import { quote } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import type { BalancerEvent } from "../service/events.ts";

/** Logs what becomes of a file of networks. */
export function logNetworks(
  logger: Logger,
  event: Extract<BalancerEvent, { readonly type: `networks-${string}` }>,
): void {
  const file = quote(event.file);
  if (event.type === "networks-read") {
    const { ranges } = event;
    logger.info(`{file} has changed and has been read: {ranges} ${plural(ranges, "range")} of addresses`, {
      file,
      ranges,
    });
  } else {
    // The reason names the file.
    logger.error("{reason}; its last good version still holds", { file, reason: event.reason });
  }
}
