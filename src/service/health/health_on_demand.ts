import { importLater } from "../../process/import_later.ts";
import type { BalancerEvent } from "../events.ts";
import type { ConnectFailed, Health, HealthState } from "./health.ts";
import type { Draft } from "../drafts/draft.ts";
import type { Service } from "../service.ts";

/** What health checks need from the instance whose services they check. */
export interface HealthHost {
  readonly services: () => readonly Service[];
  readonly emit: (event: BalancerEvent) => void;
  /** Descriptors that no connection takes. */
  readonly spare: () => number;
}

/** The health checks of an instance; nothing of them is loaded before a service asks for them. */
export class HealthOnDemand {
  readonly #host: HealthHost;
  #loaded: Health | undefined;
  #waits: boolean;

  /** @param waits whether they are not to begin before `takeOver` */
  constructor(host: HealthHost, waits: boolean) {
    this.#host = host;
    this.#waits = waits;
  }

  /** Whether what a predecessor knew has still to be taken over. */
  get waits(): boolean {
    return this.#waits;
  }

  /** What they know, for a successor; undefined without checks. */
  get state(): HealthState | undefined {
    return this.#loaded?.state();
  }

  /** Loads them if one of these asks for checks. */
  async load(drafts: readonly Draft[]): Promise<void> {
    if (this.#loaded !== undefined || !drafts.some(({ options }) => options.check !== "off")) return;
    const { Health } = await importLater<typeof import("./health.ts")>(new URL("./health.ts", import.meta.url));
    this.#loaded ??= new Health(this.#host.services, this.#host.emit, this.#host.spare());
  }

  /** Begins the checks that have waited for this, with what a predecessor knew. */
  takeOver(state: unknown): void {
    this.#waits = false;
    this.#loaded?.restore(state);
    this.look();
  }

  /** The services or their channels have changed. */
  look(): void {
    if (!this.#waits) this.#loaded?.look();
  }

  /** A client could not connect to a channel that is checked. */
  connectFailed(service: Service, event: ConnectFailed): void {
    this.#loaded?.connectFailed(service, event);
  }

  /** Ends them. Resolves when the last one has ended. */
  async stop(): Promise<void> {
    await this.#loaded?.stop();
  }
}
