import type { DescriptorShares, Engine } from "../../engine/engine.ts";
import { plural } from "../../log/plural.ts";
import type { EngineName } from "../../options/engine_name.ts";
import type { ProcessValues } from "../../options/values.ts";
import { descriptorLimit, openDescriptors } from "../../process/descriptors.ts";
import { descriptorShares } from "./descriptor_shares.ts";
import type { Draft } from "../drafts/draft.ts";

/** What an engine may use. */
export interface EngineLimits {
  /** Most simultaneous clients. */
  readonly maxConnections: number;
  /** How the descriptors are shared out. */
  readonly descriptors: DescriptorShares;
}

/** What of it does not depend on the services. */
export interface LimitsBasis {
  readonly engine: EngineName;
  readonly threads: number;
  /** Most clients as they were asked for. */
  readonly maxConnections: number | undefined;
  /** Files that were open before the engine started. */
  readonly open: number | undefined;
}

/** The limits for an engine that serves these services. */
export function limitsFor(
  { engine, threads, maxConnections, open }: LimitsBasis,
  drafts: readonly Draft[],
): EngineLimits {
  const sockets = drafts.reduce((sum, { places }) => sum + places.length, 0);
  const descriptors = descriptorShares(engine, threads, undefined, open, sockets);
  // The process's own limit must not be below one that a service was given.
  const most = Math.max(descriptors.connections, ...drafts.map(({ options }) => options.maxConnections ?? 0));
  return { maxConnections: maxConnections ?? most, descriptors };
}

/** The limits of an engine that runs, which follow its services. */
export class RunningLimits {
  readonly #engine: Engine;
  #basis: LimitsBasis;
  #now: EngineLimits;

  constructor({ engine, basis, limits }: { engine: Engine; basis: LimitsBasis; limits: EngineLimits }) {
    this.#engine = engine;
    this.#basis = basis;
    this.#now = limits;
  }

  /** Those that hold. */
  get now(): EngineLimits {
    return this.#now;
  }

  /** The services are these now. @param values options of the process, if they have changed as well */
  become(drafts: readonly Draft[], values?: ProcessValues): void {
    if (values !== undefined) this.#basis = { ...this.#basis, maxConnections: values.maxConnections };
    this.#now = limitsFor(this.#basis, drafts);
    this.#engine.limit(this.#now);
  }
}

/**
 * Checks that listening sockets can be opened beside what is open now, and descriptors are left for operators.
 *
 * @param opening how many
 * @throws {Error} naming the limit
 */
export function requireFree(opening: number, { spare }: DescriptorShares): void {
  const limit = descriptorLimit(), open = opening === 0 ? undefined : openDescriptors();
  if (limit === undefined || open === undefined || opening + spare <= limit - open) return;
  const sockets = `${opening} more listening ${plural(opening, "socket")}`;
  throw new Error(`${sockets} cannot be opened now: ${open} of ${limit} descriptors are in use`);
}
