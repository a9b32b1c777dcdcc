import { escape } from "../log/escape.ts";
import { columns } from "./columns.ts";
import { portsText } from "./ports_text.ts";
import type { ServiceSummary } from "../state/service_state.ts";

const HEADINGS = ["SERVICE", "PORTS", "CHANNELS", "CONNECTIONS"], LEFT = new Set(["SERVICE", "PORTS"]);

/** The lines of the table that `services` prints. Its channels are those that can take clients, out of all. */
export function servicesTable(services: readonly ServiceSummary[]): string[] {
  const rows = services.map(({ name, ports, channels, enabled, failing, connections }) => [
    escape(name),
    portsText(ports),
    `${enabled - failing}/${channels}`,
    String(connections),
  ]);
  return columns(HEADINGS, rows, LEFT, "  ");
}
