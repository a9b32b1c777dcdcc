import { type GroupWords, groupWords } from "./group_words.ts";
import { type PortRange, portsWord } from "./port_ranges.ts";
import type { ProcessValues, ServiceValues } from "./values.ts";
import { valueWords } from "./value_words.ts";

/** What one command line describes, wherever it came from. */
export interface ServiceSpec {
  /** What operators call it: `--name`, otherwise the number of its first port. */
  readonly name: string;
  /** Ports to listen on, in the order given. */
  readonly ports: readonly PortRange[];
  readonly groups: readonly GroupWords[];
  /** Only what was given. */
  readonly values: ServiceValues;
}

/** What a process runs. */
export interface ProcessSpec {
  /** Only what was given. */
  readonly values: ProcessValues;
  readonly services: readonly ServiceSpec[];
}

/** The name of a service that was given none. */
export function standardName(ports: readonly PortRange[]): string {
  return String(ports[0].first);
}

/** The words of a service's command line, without the program's name: what `readServiceWords` reads as the same. */
export function serviceWords({ name, ports, groups, values }: ServiceSpec): string[] {
  const named = name === standardName(ports) ? [] : ["--name", name];
  return [...named, ...valueWords(values), portsWord(ports), ...groupWords(groups)];
}

/** The words of the process's options: what `readProcessWords` reads as the same. */
export function processWords(values: ProcessValues): string[] {
  return valueWords(values);
}
