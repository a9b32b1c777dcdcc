import { resolve } from "node:path";
import { escape } from "../log/escape.ts";
import { type HttpPlace, httpPlaceOf, placeText } from "../options/kinds/http_place.ts";
import { optionRecords } from "../options/option_records.ts";
import type { ProcessOptions } from "../options/values.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";

/** Options that open a place. */
const KEYS = ["metrics", "web"] as const;

/** One of them. */
export type ViewKey = typeof KEYS[number];

/** One place and the options that ask for it. */
export interface ViewPlace {
  readonly place: HttpPlace;
  readonly keys: readonly ViewKey[];
}

/** The places that options ask for, each once. @param directory where paths begin that are not absolute */
export function viewPlaces(options: Pick<ProcessOptions, ViewKey>, directory: string): ViewPlace[] {
  const all = new Map<string, { place: HttpPlace; keys: ViewKey[] }>();
  for (const key of KEYS) {
    const word = options[key], found = word === undefined ? undefined : httpPlaceOf(word);
    if (found === undefined) continue;
    const place = "path" in found ? { path: resolve(directory, found.path) } : found;
    const text = placeText(place), known = all.get(text);
    if (known === undefined) all.set(text, { place, keys: [key] });
    else known.keys.push(key);
  }
  return [...all.values()];
}

/** What ends a start because of a place that cannot be opened. @param reason as the end of a sentence */
export function placeFault({ place, keys }: ViewPlace, reason: string): ExitError {
  const options = keys.map((key) => `--${optionRecords[key].name}`).join(" and ");
  return new ExitError(ExitCode.SYSTEM, `cannot listen on ${escape(placeText(place))} for ${options}: ${reason}`);
}
