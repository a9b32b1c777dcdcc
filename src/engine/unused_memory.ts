import { bytesOf } from "../access/networks.ts";
import type { Table } from "../table/table.ts";
import type { ServiceSettings } from "./engine.ts";

/** Bytes that a thread lets go before it collects garbage. */
const MOST = 64 << 20;

/**
 * Shared memory that a thread does not use any more. It is freed once every thread has collected its references to it.
 * But V8 does not count it, and a thread makes so little other garbage that V8 collects none for hours.
 */
export class UnusedMemory {
  readonly #collect: () => void;
  #bytes: number;

  /**
   * @param headStart share, from 0 to below 1, by which the first collection comes earlier. Threads with different
   * ones do not all collect at the same moment, so that one of them can take new clients
   */
  constructor(headStart = 0, collect: () => void = collectGarbage) {
    this.#bytes = MOST * headStart;
    this.#collect = collect;
  }

  /** So many more bytes are not used any more. Collects garbage now and then, which takes 5 to 40 ms. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < MOST) return;
    this.#bytes = 0;
    this.#collect();
  }
}

/** Bytes of shared memory that belong to a service. */
export function sharedBytes({ buffer, queue, statistics }: Table, settings: ServiceSettings): number {
  const others = [queue?.buffer, statistics?.buffer, settings.stickyMemory, settings.access?.clients?.memory];
  return others.reduce((sum, memory) => sum + (memory?.byteLength ?? 0), buffer.byteLength + listBytes(settings));
}

/** Bytes of the lists of networks that a service's settings have, those in conditions of groups too. */
export function listBytes({ access, conditions }: ServiceSettings): number {
  let bytes = 0;
  for (const { networks } of access?.list?.rules ?? []) for (const each of networks) bytes += bytesOf(each);
  for (const networks of [...access?.peers ?? [], ...access?.proxies ?? []]) bytes += bytesOf(networks);
  for (const { from } of conditions?.values() ?? []) if (from !== undefined) bytes += bytesOf(from);
  return bytes;
}

interface Modules {
  getBuiltinModule(name: "node:v8"): { setFlagsFromString(flags: string): void };
  getBuiltinModule(name: "node:vm"): { runInNewContext(code: string): () => void };
}

let collect: (() => void) | undefined;

/** Collects this thread's garbage, if the runtime can be told to. */
export function collectGarbage(): void {
  try {
    collect ??= garbageCollector();
    collect();
  } catch {
    collect = () => {};
  }
}

/** Without an import: a thread that never returns to its event loop gets none later, and at its start it takes time. */
function garbageCollector(): () => void {
  const modules = Reflect.get(globalThis, "process") as Modules;
  modules.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
  return modules.getBuiltinModule("node:vm").runInNewContext("gc");
}
