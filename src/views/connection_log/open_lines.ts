import { Slices } from "../../state/slices.ts";
import { type DescribableConnection, describeOpen } from "../records/describe_open.ts";
import type { ConnectionLog, LoggedService } from "./connection_log.ts";

/** A service whose open connections can be listed. */
export interface ListedService extends LoggedService {
  readonly connections: number;
  /** Those at this moment, one after the other. */
  open(): Iterable<DescribableConnection>;
}

/** Writes a line for each connection that lasts, every so often (`--log-interval`). */
export class OpenLines {
  readonly #services: () => readonly ListedService[];
  readonly #log: ConnectionLog;
  readonly #now: () => number;
  /** When each service was looked at last, by its name. */
  readonly #looked = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** @param now this moment, by the clock of the engine */
  constructor(services: () => readonly ListedService[], log: ConnectionLog, now: () => number) {
    this.#services = services;
    this.#log = log;
    this.#now = now;
  }

  /** Begins, or learns that options have changed. */
  follow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped) return;
    const now = this.#now();
    let wait = Infinity;
    for (const { name, options } of this.#services()) {
      const interval = intervalOf(options);
      if (interval === 0) {
        this.#looked.delete(name);
        continue;
      }
      const looked = this.#looked.get(name) ?? now;
      this.#looked.set(name, looked);
      wait = Math.min(wait, looked + interval - now);
    }
    if (wait === Infinity) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, wait));
    Deno.unrefTimer(this.#timer);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    for (const service of this.#services()) {
      const interval = intervalOf(service.options), now = this.#now(), looked = this.#looked.get(service.name);
      if (interval === 0 || looked === undefined || looked + interval > now) continue;
      this.#looked.set(service.name, now);
      await this.#list(service, interval);
    }
    this.follow();
  }

  async #list(service: ListedService, interval: number): Promise<void> {
    const slices = new Slices();
    for (const open of service.open()) {
      const now = this.#now();
      // Those that are younger get theirs next time.
      if (now - open.accepted >= interval) {
        this.#log.write(describeOpen(open, service, service.connections, now), service.options);
      }
      if (!slices.full) continue;
      await slices.pause();
      if (this.#stopped) return;
    }
  }
}

function intervalOf({ connectionLog, logInterval }: LoggedService["options"]): number {
  return connectionLog ? logInterval * 1000 : 0;
}
