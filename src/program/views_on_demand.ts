import type { ProcessOptions } from "../options/values.ts";
import { importLater } from "../process/import_later.ts";
import type { HttpViews, Prepared, Viewed } from "./http_views.ts";

/** Whether options are about any view. */
export function wantsViews({ metrics, web, webToken, webAdmin }: ProcessOptions): boolean {
  return [metrics, web, webToken, webAdmin].some((one) => one !== undefined);
}

/** What can be seen of a process over HTTP. Nothing is loaded before an option asks for it. */
export class ViewsOnDemand {
  readonly #viewed: Viewed;
  #views: HttpViews | undefined;

  constructor(viewed: Viewed) {
    this.#viewed = viewed;
  }

  /** Serves what options ask for. @throws {ExitError} 71 when a place cannot be opened */
  async open(options: ProcessOptions): Promise<void> {
    (await this.prepare(options))?.apply();
  }

  /** See `HttpViews.prepare`; undefined if nothing is served and nothing is to be. */
  async prepare(options: ProcessOptions): Promise<Prepared | undefined> {
    if (this.#views === undefined && !wantsViews(options)) return undefined;
    if (this.#views === undefined) {
      const file = new URL("./http_views.ts", import.meta.url);
      this.#views = new (await importLater<typeof import("./http_views.ts")>(file)).HttpViews(this.#viewed);
    }
    return await this.#views.prepare(options);
  }

  /** Logs where it can be looked at. */
  logPlaces(): void {
    this.#views?.logPlaces();
  }

  /** Why they could not be opened again by this user; undefined if they could. */
  reopenFault(): string | undefined {
    return this.#views?.reopenFault();
  }

  /** Frees the places for a successor. */
  pause(): void {
    this.#views?.pause();
  }

  /** There is none after all. */
  resume(): void {
    this.#views?.resume();
  }

  /** Frees the places and closes all connections. */
  async stop(): Promise<void> {
    await this.#views?.stop();
  }
}
