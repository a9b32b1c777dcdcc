import { servicesOf, suggestion } from "../control/choose_service.ts";
import { ownUser } from "../control/directory.ts";
import type { Entry } from "../control/entries.ts";
import { type Place, placesToLook } from "../control/places.ts";
import type { ServiceSummary } from "../state/service_state.ts";
import { quote } from "../log/escape.ts";
import type { InstanceRequest } from "../options/command_line.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import { formatAddress } from "../table/address.ts";
import { listeningAddress } from "./listening_address.ts";
import { asUser, type Found, lookForInstances, namesOf, type Running, titleOf } from "./look_for_instances.ts";

/** Milliseconds an instance has to say which services it has, when it may have the one that is looked for. */
const PATIENCE = 2_000;

/** What a request means. */
export interface Target {
  readonly entry: Entry;
  /** Name of the service to begin in; undefined for the first, where no other was asked for. */
  readonly service: string | undefined;
}

/** What is looked for. */
interface Wanted {
  /** The word on the command line, if there is one: a port, or a name. */
  readonly word: string | undefined;
  readonly port: number | undefined;
  /** Numeric address it listens on, if it was given. */
  readonly address: string | undefined;
}

/** An instance that fits, and its service that does. */
interface Candidate {
  readonly running: Running;
  readonly service: ServiceSummary | undefined;
}

/**
 * The one running instance, and its service, that a request means: the one whose entry has the port, otherwise whichever
 * says that it has such a service.
 *
 * @throws {ExitError} 69 when there is none, or several
 * @throws {DirectoryError} when the first directory cannot be used
 */
export async function findInstance({ port, service, bind, ipv6, controlDir }: InstanceRequest): Promise<Target> {
  const address = bind === undefined ? undefined : await listeningAddress(bind, ipv6);
  const wanted: Wanted = { word: service ?? port?.toString(), port, address };
  const { own, foreign } = placesToLook(controlDir), exact = (entry: Entry) => isExact(entry, wanted);
  const first = await lookForInstances(own, exact);
  if (first.running.length === 1) return { entry: first.running[0].entry, service: undefined };
  if (first.running.length > 1) {
    throw several(first.running.map((running) => ({ running, service: undefined })), own[0]);
  }
  const others = await lookForInstances(own, (entry) => !exact(entry), PATIENCE), fitting = candidates(others, wanted);
  if (fitting.length === 1) return { entry: fitting[0].running.entry, service: fitting[0].service?.name };
  if (fitting.length > 1) throw several(fitting, own[0]);
  const unwilling = [...first.unwilling, ...others.unwilling];
  const unusable = unwilling.find(({ place, entry }) => place === own[0] && entry === undefined);
  if (unusable !== undefined) throw unusable.error;
  // The instance itself will say why it does not serve.
  for (const { entry } of unwilling) {
    if (entry !== undefined && mayBe(entry, wanted)) return { entry, service: undefined };
  }
  const silent = others.unwilling.flatMap(({ entry, problem }) => entry ? [`  ${titleOf({ entry })}: ${problem}`] : []);
  throw nobodyThere(own, described(wanted, others.running), [...silent, ...await elsewhere(foreign, wanted)]);
}

/**
 * The error when there is no instance to control. The first line is Balance's.
 *
 * @param what was looked for
 * @param more lines
 */
export function nobodyThere(
  places: readonly Place[],
  { what, guess }: { readonly what: string; readonly guess: string } = { what: "no such instance", guess: "" },
  more: readonly string[] = [],
): ExitError {
  const details = [`  ${what} is running in ${namesOf(places)}${guess}`, ...more];
  return new ExitError(ExitCode.UNAVAILABLE, "no master process, exiting.", details);
}

function described({ word, port, address }: Wanted, running: readonly Running[]): { what: string; guess: string } {
  const services = running.flatMap(({ summary }) => summary.services).filter(({ name }) => name !== word);
  if (word === undefined) return { what: address ? `no instance on ${address}` : "no instance", guess: "" };
  if (word !== String(port)) {
    const what = `no service ${quote(word)}${port ? ` (port ${port})` : ""}${address ? ` on ${address}` : ""}`;
    return { what, guess: suggestion(services, word) };
  }
  const where = address === undefined ? `port ${port}` : formatAddress({ host: address, port: Number(port) });
  return { what: `no service on ${where}`, guess: "" };
}

/** Whether the entry itself names what is looked for. */
function isExact({ name }: Entry, { port, address }: Wanted): boolean {
  return port !== undefined && "port" in name && name.port === port &&
    (address === undefined || name.address === address);
}

/** Whether an instance that says nothing may be what is looked for. */
function mayBe(entry: Entry, wanted: Wanted): boolean {
  const { word, address } = wanted, { name } = entry;
  if (word !== undefined) return isExact(entry, wanted);
  return address === undefined || ("address" in name && name.address === address);
}

function candidates({ running }: Found, { word, address }: Wanted): Candidate[] {
  return running.flatMap((running): Candidate[] => {
    const { services } = running.summary;
    const here = address === undefined ? services : services.filter(({ addresses }) => addresses.includes(address));
    if (word !== undefined) {
      // Where there is only one, the session begins in it anyway.
      return servicesOf(here, word).map((service) => ({ running, service: services.length > 1 ? service : undefined }));
    }
    if (address === undefined) return [{ running, service: undefined }];
    return here.length === 0 ? [] : [{ running, service: services.length > 1 ? here[0] : undefined }];
  });
}

function several(fitting: readonly Candidate[], first: Place): ExitError {
  const lines = fitting.map(({ running, service }) => {
    const { place, entry, summary } = running, { config } = summary;
    const { addresses, ports } = service ?? summary.services[0] ?? {};
    const at = "port" in entry.name && service === undefined
      ? `-b ${entry.name.address} ${entry.name.port}`
      : addresses === undefined
      ? titleOf(running)
      : `-b ${addresses[0]} ${ports[0].first}`;
    const directory = place === first ? "" : ` --control-dir ${quote(place.path)}`;
    return `  ${at}${directory}${config === null ? "" : ` # --config ${quote(config)}`}`;
  });
  const message = "several instances are running, name one by its port and -b address:";
  return new ExitError(ExitCode.UNAVAILABLE, message, lines);
}

/** Instances that may be in other users' directories, and who can control them. */
async function elsewhere(foreign: readonly Place[], wanted: Wanted): Promise<string[]> {
  if (ownUser() !== 0) {
    return foreign.map(({ path, owner }) => `  ${quote(path)} belongs to user ${owner}: ${asUser(owner)} balance …`);
  }
  const found = candidates(await lookForInstances(foreign, undefined, PATIENCE), wanted);
  return [...new Set(found.map(({ running }) => running))].map((running) => {
    const { owner } = running.entry;
    return `  ${titleOf(running)} belongs to user ${owner}: ${asUser(owner)} balance …`;
  });
}
