import { groupWords } from "./group_words.ts";
import type { ServiceSpec } from "./service_spec.ts";
import { valueWords } from "./value_words.ts";
import { serviceOptions } from "./values.ts";

/** Whether two descriptions mean the same service, however they were written. */
export function sameService(a: ServiceSpec, b: ServiceSpec): boolean {
  return meaning(a) === meaning(b);
}

function meaning({ name, ports, groups, values }: ServiceSpec): string {
  return JSON.stringify([
    name,
    ports.map(({ first, last }) => [first, last]),
    groupWords(groups),
    valueWords(serviceOptions(values)),
  ]);
}
