import type { PortsState } from "../state/ports_state.ts";

/** Characters of ports in a table or a heading, at most. */
const WIDTH = 32;

/** Ports as people read them: neighbours joined, and only the first of very many: `80,443`, `8000-8999`. */
export function portsText(ports: readonly PortsState[], width = WIDTH): string {
  return partsOf(ports, width).join(",");
}

/** The same in a sentence: `port 80`, `ports 80, 443`, `ports 8000-8999`. */
export function portsPhrase(ports: readonly PortsState[]): string {
  const single = ports.length === 1 && ports[0].first === ports[0].last;
  return `${single ? "port" : "ports"} ${partsOf(ports, WIDTH).join(", ")}`;
}

/** Neighbours joined; if that is too wide with commas between them, the first ones and how many there are. */
function partsOf(ports: readonly PortsState[], width: number): string[] {
  const parts = joined(ports).map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`);
  if (parts.join(",").length <= width) return parts;
  const count = ports.reduce((sum, { first, last }) => sum + last - first + 1, 0), more = ` (${count} ports)`;
  let shown = 1, length = parts[0].length;
  while (shown < parts.length && length + 1 + parts[shown].length + `,…${more}`.length <= width) {
    length += 1 + parts[shown++].length;
  }
  return [...parts.slice(0, shown), `…${more}`];
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
