import type { PortsState } from "./state.ts";

/** Characters of ports in a table or a heading, at most. */
const WIDTH = 32;

/** Ports as people read them: neighbours joined, and only the first of very many: `80,443`, `8000-8999`. */
export function portsText(ports: readonly PortsState[], width = WIDTH): string {
  const parts = joined(ports).map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`);
  const all = parts.join(",");
  if (all.length <= width) return all;
  const count = ports.reduce((sum, { first, last }) => sum + last - first + 1, 0), more = ` (${count} ports)`;
  let shown = parts[0];
  for (const part of parts.slice(1)) {
    if (`${shown},${part},…${more}`.length > width) break;
    shown += `,${part}`;
  }
  return `${shown},…${more}`;
}

/** Whether a port is among them. */
export function hasPort(ports: readonly PortsState[], port: number): boolean {
  return ports.some(({ first, last }) => first <= port && port <= last);
}

function joined(ports: readonly PortsState[]): PortsState[] {
  const all: PortsState[] = [];
  for (const { first, last } of ports) {
    const before = all.at(-1);
    if (before !== undefined && before.last + 1 === first) all[all.length - 1] = { first: before.first, last };
    else all.push({ first, last });
  }
  return all;
}
