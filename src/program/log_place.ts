import { quote } from "../log/escape.ts";
import type { LogState } from "../log/log.ts";

/** What the system log of systemd listens on. */
const JOURNAL = "/run/systemd/journal/socket";

/** Where a log that can be written goes, for people; undefined if it cannot, or where they see it themselves. */
export function logPlace({ target, problem }: LogState, journal = exists(JOURNAL)): string | undefined {
  if (problem !== null || target === "stderr") return undefined;
  if (target !== "syslog") return quote(target);
  return `the system log${journal ? " (journalctl -t balance)" : ""}`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}
