import { type Entry, ownUser } from "../control/directory.ts";
import { type Place, placesToLook } from "../control/places.ts";
import { quote } from "../log/escape.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import type { ControlRequest } from "../options/command_line.ts";
import { listeningAddress } from "./listening_address.ts";
import { asUser, lookForInstances, nameOf, namesOf, type Running } from "./look_for_instances.ts";

/**
 * The one running instance that a request means.
 *
 * @throws {ExitError} 69 when there is none, or several
 * @throws {DirectoryError} when the first directory cannot be used
 */
export async function findInstance({ port, bind, ipv6, controlDir }: ControlRequest): Promise<Entry> {
  const address = bind === undefined ? undefined : await listeningAddress(bind, ipv6);
  const fits = (entry: Entry) =>
    (port === undefined || entry.port === port) && (address === undefined || entry.address === address);
  const { own, foreign } = placesToLook(controlDir), { running, unwilling } = await lookForInstances(own, fits);
  if (running.length === 1) return running[0].entry;
  if (running.length > 1) throw several(running, own[0]);
  const unusable = unwilling.find(({ place, entry }) => place === own[0] && entry === undefined);
  if (unusable !== undefined) throw unusable.error;
  // The instance itself will say why it does not serve.
  for (const { entry } of unwilling) if (entry !== undefined) return entry;
  throw nobodyThere(own, ...await elsewhere(foreign, fits));
}

/** The error when there is no instance to control. The first line is Balance's, the others are those of `--list`. */
export function nobodyThere(places: readonly Place[], ...more: string[]): ExitError {
  const details = [`  no such instance is running in ${namesOf(places)}`, ...more];
  return new ExitError(ExitCode.UNAVAILABLE, "no master process, exiting.", details);
}

function several(running: readonly Running[], first: Place): ExitError {
  const lines = running.map(({ place, entry: { address, port } }) =>
    `  -b ${address} ${port}${place === first ? "" : ` --control-dir ${quote(place.path)}`}`
  );
  const message = "several instances are running, name one by its port and -b address:";
  return new ExitError(ExitCode.UNAVAILABLE, message, lines);
}

/** Instances that may be in other users' directories, and who can control them. */
async function elsewhere(foreign: readonly Place[], fits: (entry: Entry) => boolean): Promise<string[]> {
  if (ownUser() !== 0) {
    return foreign.map(({ path, owner }) => `  ${quote(path)} belongs to user ${owner}: ${asUser(owner)} balance …`);
  }
  const { running } = await lookForInstances(foreign, fits);
  return running.map(({ entry }) =>
    `  ${nameOf(entry)} belongs to user ${entry.owner}: ${asUser(entry.owner)} balance …`
  );
}
