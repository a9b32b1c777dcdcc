import { ControlClient, isAbsent } from "../control/client.ts";
import { type Entry, listEntries } from "../control/directory.ts";
import type { Place } from "../control/places.ts";
import { quote } from "../log/escape.ts";
import { uncapitalised } from "../process/exit_codes.ts";
import { formatAddress } from "../table/address.ts";

/** Milliseconds an instance has to report its state. */
const PATIENCE = 10_000;

/** State of an instance. */
export interface InstanceState {
  readonly version: string;
  readonly pid: number;
  /** Seconds since it was started. */
  readonly uptime: number;
  readonly connections: number;
  /** How many channels it has, how many of these are enabled, and how many of those are failing. */
  readonly channels: number;
  readonly enabled: number;
  readonly failing: number;
}

/** A running instance. */
export interface Running {
  readonly place: Place;
  readonly entry: Entry;
  readonly state: InstanceState;
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

/** Asks every instance in these directories for its state. */
export async function lookForInstances(
  places: readonly Place[],
  wanted: (entry: Entry) => boolean = () => true,
): Promise<Found> {
  const all = await Promise.all(places.map((place) => lookInto(place, wanted)));
  const found = all.flat().filter((item) => item !== undefined);
  return {
    running: found.filter((item) => "state" in item),
    unwilling: found.filter((item) => "problem" in item),
  };
}

/** The address of an entry, as people read it. */
export function nameOf({ address, port }: Entry): string {
  return formatAddress({ host: address, port });
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
): Promise<(Running | Unwilling | undefined)[]> {
  let entries: Entry[];
  try {
    entries = listEntries(place.path, place.owner);
  } catch (error) {
    return [{ place, entry: undefined, problem: uncapitalised(error), error }];
  }
  return await Promise.all(entries.filter(wanted).map((entry) => look(place, entry)));
}

/** Undefined when it is not there any more. */
async function look(place: Place, entry: Entry): Promise<Running | Unwilling | undefined> {
  try {
    return { place, entry, state: await stateOf(entry) };
  } catch (error) {
    return isAbsent(error) ? undefined : { place, entry, problem: uncapitalised(error), error };
  }
}

async function stateOf({ path, owner }: Entry): Promise<InstanceState> {
  using client = await ControlClient.open(path, owner);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the instance does not answer")), PATIENCE);
  });
  try {
    const { text } = await Promise.race([client.run("show json"), late]);
    return { version: client.greeting.version, ...readState(text[0]) };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads what `show json` says. It may come from another user's program, so nothing but numbers is taken. */
function readState(text: string): Omit<InstanceState, "version"> {
  try {
    const { pid, uptime, connections, groups } = JSON.parse(text);
    const channels: { enabled?: unknown; failing?: unknown }[] = groups.flatMap((group: { channels: [] }) =>
      group.channels
    );
    const enabled = channels.filter(({ enabled }) => enabled === true);
    const failing = enabled.filter(({ failing }) => failing === true).length;
    if (![pid, uptime, connections].every((value) => Number.isSafeInteger(value) && value >= 0)) throw new Error();
    return { pid, uptime, connections, channels: channels.length, enabled: enabled.length, failing };
  } catch {
    throw new Error("Cannot read state: it does not answer as balance does");
  }
}
