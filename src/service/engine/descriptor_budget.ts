import type { EngineName } from "../../options/engine_name.ts";
import { descriptorLimit } from "../../process/descriptors.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "../drafts/draft.ts";
import { descriptorShares } from "./descriptor_shares.ts";

/** The services have more listening sockets than the limit of descriptors allows. */
export class TooManySockets extends Error {
  override readonly name = "TooManySockets";
  /** That of the system, had they been opened. */
  readonly code = "EMFILE";
}

/**
 * Checks that the limit of descriptors allows the listening sockets of these services. A single socket is always tried:
 * the system says what is wrong.
 *
 * @throws {TooManySockets} `blameOf` says from which service on there are too many
 */
export function requireDescriptors(
  engine: EngineName,
  threads: number,
  services: readonly { readonly request: Draft["request"]; readonly places: readonly unknown[] }[],
): void {
  const limit = descriptorLimit(), sockets = services.reduce((sum, { places }) => sum + places.length, 0);
  if (limit === undefined || sockets < 2) return;
  // What is open at this moment does not count, so that the verdict is the same at a start and later.
  const isEnough = (sockets: number) => descriptorShares(engine, threads, limit, 0, sockets).spare > 0;
  if (isEnough(sockets)) return;
  let count = 0;
  const over = services.find(({ places }) => (count += places.length) > 1 && !isEnough(count))!;
  const error = new TooManySockets(
    `${sockets} listening sockets are too many for a descriptor limit of ${limit} (ulimit -n)`,
  );
  throw blaming(error, { request: over.request });
}
