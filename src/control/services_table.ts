import { escape } from "../log/escape.ts";
import { portsText } from "./ports_text.ts";
import type { ServiceSummary } from "./state.ts";

const HEADINGS = ["SERVICE", "PORTS", "CHANNELS", "CONNECTIONS"];

/** The lines of the table that `services` prints. Its channels are those that can take clients, out of all. */
export function servicesTable(services: readonly ServiceSummary[]): string[] {
  const rows = [
    HEADINGS,
    ...services.map(({ name, ports, channels, enabled, failing, connections }) => [
      escape(name),
      portsText(ports),
      `${enabled - failing}/${channels}`,
      String(connections),
    ]),
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, i) => i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  "));
}
