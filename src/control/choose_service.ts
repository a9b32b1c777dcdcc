import { quote } from "../log/escape.ts";
import { nearest } from "../options/nearest.ts";
import { parsePort } from "../options/port_names.ts";
import { hasPort } from "./ports_text.ts";
import type { PortsState } from "../state/ports_state.ts";

/** What a service is known by. */
interface Known {
  readonly name: string;
  readonly ports: readonly PortsState[];
}

/** The services that a word means: the one of that name, otherwise those on that port, whose name may be given as well. */
export function servicesOf<Service extends Known>(services: readonly Service[], word: string): readonly Service[] {
  const named = services.filter(({ name }) => name === word);
  if (named.length > 0) return named;
  const port = parsePort(word);
  return port === undefined ? [] : services.filter(({ ports }) => hasPort(ports, port));
}

/** The name that was probably meant, as the end of a message. */
export function suggestion(services: readonly Known[], word: string): string {
  const near = nearest(word, services.map(({ name }) => name));
  return near === undefined ? "" : `, did you mean ${quote(near)}?`;
}
