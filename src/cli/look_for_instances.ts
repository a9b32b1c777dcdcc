import { ControlClient, isAbsent } from "../control/client.ts";
import { type Entry, entryTitle, listEntries } from "../control/entries.ts";
import type { Place } from "../control/places.ts";
import { askSummary, type Summary } from "../control/read_summary.ts";
import { quote } from "../log/escape.ts";
import { uncapitalised } from "../process/exit_codes.ts";

/** Milliseconds an instance has to report its state. */
const PATIENCE = 10_000;

/** A running instance. */
export interface Running {
  readonly place: Place;
  readonly entry: Entry;
  /** The program's version. */
  readonly version: string;
  readonly summary: Summary;
}

/** An instance that does not report its state; without an entry, a directory that cannot be used. */
export interface Unwilling {
  readonly place: Place;
  readonly entry: Entry | undefined;
  readonly problem: string;
  readonly error: unknown;
}

/** What was found. */
export interface Found {
  readonly running: readonly Running[];
  readonly unwilling: readonly Unwilling[];
}

/**
 * Asks all instances in these directories at the same time for their state.
 *
 * @param wanted which of the entries to ask
 * @param patience milliseconds that each of them has. Default 10,000
 */
export async function lookForInstances(
  places: readonly Place[],
  wanted: (entry: Entry) => boolean = () => true,
  patience = PATIENCE,
): Promise<Found> {
  const all = await Promise.all(places.map((place) => lookInto(place, wanted, patience)));
  const found = all.flat().filter((item) => item !== undefined);
  return {
    running: found.filter((item) => "summary" in item),
    unwilling: found.filter((item) => "problem" in item),
  };
}

/** What people call an instance that runs, or only has an entry. */
export function titleOf({ entry, summary }: { readonly entry: Entry; readonly summary?: Summary }): string {
  return entryTitle(entry.name, summary?.pid);
}

/** Directories, as listed in a sentence. */
export function namesOf(places: readonly Place[]): string {
  return places.map(({ path }) => quote(path)).join(" or ");
}

/** The start of a command line that runs something as the user with this number. */
export function asUser(user: number): string {
  return `sudo -u '#${user}'`;
}

async function lookInto(
  place: Place,
  wanted: (entry: Entry) => boolean,
  patience: number,
): Promise<(Running | Unwilling | undefined)[]> {
  let entries: Entry[];
  try {
    entries = listEntries(place.path, place.owner);
  } catch (error) {
    return [{ place, entry: undefined, problem: uncapitalised(error), error }];
  }
  return await Promise.all(entries.filter(wanted).map((entry) => look(place, entry, patience)));
}

/** Undefined when it is no longer there. */
async function look(place: Place, entry: Entry, patience: number): Promise<Running | Unwilling | undefined> {
  try {
    return { place, entry, ...await within(patience, (signal) => ask(entry, signal)) };
  } catch (error) {
    return isAbsent(error) ? undefined : { place, entry, problem: uncapitalised(error), error };
  }
}

async function ask({ path, owner }: Entry, signal: AbortSignal): Promise<{ version: string; summary: Summary }> {
  using client = await ControlClient.open(path, owner);
  if (signal.aborted) client[Symbol.dispose]();
  signal.addEventListener("abort", () => client[Symbol.dispose]());
  return { version: client.greeting.version, summary: await askSummary((command) => client.run(command)) };
}

/** @throws {Error} when it takes longer than so many milliseconds */
async function within<T>(patience: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("the instance does not answer"));
      over.abort();
    }, patience);
  });
  const acting = act(over.signal);
  // Once it is late, nobody waits for it.
  acting.catch(() => {});
  try {
    return await Promise.race([acting, late]);
  } finally {
    clearTimeout(timer);
  }
}
