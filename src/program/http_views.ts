import type { ControlPlane } from "../control/control_plane.ts";
import { escape } from "../log/escape.ts";
import type { Log, Logger } from "../log/log.ts";
import { placeText } from "../options/kinds/http_place.ts";
import type { ProcessOptions } from "../options/values.ts";
import { webFault } from "../options/web_fault.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import type { Instance } from "../service/instance.ts";
import { healthRoutes } from "../views/http/health_routes.ts";
import { HttpServer, mostConnections } from "../views/http/http_server.ts";
import type { Route } from "../views/http/route.ts";
import type { Metrics } from "../views/metrics/metrics.ts";
import { reopenFault } from "./reopenable.ts";
import { placeFault, type ViewKey, type ViewPlace, viewPlaces } from "./view_places.ts";

/** What views look at. */
export interface Viewed {
  readonly instance: Instance;
  readonly plane: ControlPlane;
  readonly logger: Logger;
  /** The metrics; the same object for all who ask. */
  readonly metrics: () => Promise<Metrics>;
  /** Where paths begin that are not absolute. */
  readonly directory: string;
  readonly log: Log;
}

/** What is answered at a place for one option. */
export interface Served {
  readonly routes: readonly Route[];
  /** Ends what it has begun. */
  close?(): void;
}

/** Options that open a place, and what is answered there besides questions about health. */
const VIEWS = {
  metrics: {
    what: "metrics",
    path: "/metrics",
    routes: async ({ metrics }) => {
      const { metricsRoute } = await import("../views/metrics/metrics_route.ts");
      return { routes: [metricsRoute(await metrics())] };
    },
  },
  web: {
    what: "page",
    path: "/",
    routes: async (viewed, options) => (await import("./web_view.ts")).webView(viewed, options),
  },
} as const satisfies Readonly<Record<ViewKey, View>>;

interface View {
  /** What it is called in the log. */
  readonly what: string;
  /** What people ask for first. */
  readonly path: string;
  /** @throws {ExitError} when an option is wrong */
  readonly routes: (viewed: Viewed, options: ProcessOptions) => Promise<Served>;
}

/** A place, and what is answered there. */
interface Wanted extends ViewPlace {
  readonly served: Served;
}

/** Places that are open, but not served yet. One of the two is to be called. */
export interface Prepared {
  apply(): void;
  undo(): void;
}

/** Milliseconds between two trials to open a place again. */
const AGAIN = 500;

/** Where a process shows itself over HTTP. One place can serve several views. */
export class HttpViews {
  readonly #viewed: Viewed;
  /** By the texts of their places. */
  #servers = new Map<string, HttpServer>();
  #wanted: readonly Wanted[] = [];
  #paused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(viewed: Viewed) {
    this.#viewed = viewed;
  }

  /**
   * Opens the places that options ask for and that are not open yet. What is served changes only once it is applied.
   *
   * @throws {ExitError} 71 when one cannot be opened, 64 when options contradict each other; then none is
   */
  async prepare(options: ProcessOptions): Promise<Prepared> {
    const fault = webFault(options);
    if (fault !== undefined) throw new ExitError(ExitCode.USAGE, fault);
    const places = viewPlaces(options, this.#viewed.directory),
      kept = new Set(places.map(({ place }) => placeText(place)));
    const wanted: Wanted[] = [], opened = new Map<string, HttpServer>();
    const undo = () => {
      for (const { served } of wanted) served.close?.();
      opened.forEach((server) => server.close());
      void Promise.all([...opened.values()].map(({ freed }) => freed)).then(() => this.#reopen(true));
    };
    try {
      for (const { place, keys } of places) {
        const one = { place, keys, served: await this.#served(keys, options) }, text = placeText(place);
        wanted.push(one);
        if (!this.#servers.has(text)) opened.set(text, await this.#openInstead(one, kept));
      }
    } catch (error) {
      undo();
      throw error;
    }
    const apply = () => {
      const before = this.#servers, gone = this.#wanted;
      this.#servers = new Map(wanted.map(({ place, served }) => {
        const text = placeText(place), server = before.get(text) ?? opened.get(text)!;
        server.routes = served.routes;
        return [text, server];
      }));
      for (const [text, server] of before) if (!this.#servers.has(text)) server.close();
      this.#wanted = wanted;
      for (const { served } of gone) served.close?.();
    };
    return { apply, undo };
  }

  /** Logs where it can be looked at. */
  logPlaces(): void {
    for (const { place, keys } of this.#wanted) {
      for (const { what, path } of keys.map((key) => VIEWS[key])) {
        const where = "path" in place ? `${escape(place.path)}, path ${path}` : `http://${placeText(place)}${path}`;
        this.#viewed.logger.info("{what}: {where}", { what, where });
      }
    }
  }

  /** Why this process could not open its places again, now that it is another user; undefined if it could. */
  reopenFault(): string | undefined {
    return this.#wanted.map(({ place }) => reopenFault(place)).find((fault) => fault !== undefined);
  }

  /** Frees the places for a successor; nothing is answered any more, so that no number is told that it does not get. */
  pause(): void {
    this.#paused = true;
    this.close();
  }

  /** Opens them again. */
  resume(): void {
    this.#paused = false;
    void this.#reopen(true);
  }

  /** Frees the places. Answers that are under way are finished. */
  close(): void {
    clearTimeout(this.#timer);
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  /** The same, and closes all connections. */
  async stop(): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#paused = true;
    this.close();
    for (const { served } of this.#wanted) served.close?.();
    await Promise.all(servers.map((server) => server.stop()));
  }

  async #served(keys: readonly ViewKey[], options: ProcessOptions): Promise<Served> {
    const all: Served[] = [{ routes: healthRoutes(this.#viewed.plane) }];
    for (const key of keys) all.push(await VIEWS[key].routes(this.#viewed, options));
    return { routes: all.flatMap(({ routes }) => routes), close: () => all.forEach((one) => one.close?.()) };
  }

  /**
   * Opens a place. Servers on the same port of other addresses, all of which `0.0.0.0` stands for, are closed first if
   * that is what it takes and they are not to be kept; `#reopen` opens them again.
   *
   * @param kept texts of the places that are wanted @throws {ExitError} 71
   */
  async #openInstead(one: Wanted, kept: ReadonlySet<string>): Promise<HttpServer> {
    try {
      return await this.#open(one);
    } catch (error) {
      const { place } = one,
        inTheWay = [...this.#servers].filter(([text, { place: other }]) => {
          return !kept.has(text) && "port" in place && "port" in other && place.port === other.port;
        });
      if (inTheWay.length === 0) throw error;
      for (const [text, server] of inTheWay) {
        server.close();
        this.#servers.delete(text);
        await server.freed;
      }
      return await this.#open(one);
    }
  }

  /** @throws {ExitError} 71 */
  async #open({ place, keys, served: { routes } }: Wanted): Promise<HttpServer> {
    try {
      return await HttpServer.open(place, routes, {
        most: mostConnections(this.#viewed.instance.limits.descriptors.spare),
        failed: (path, error) => this.#failed(path, error),
      });
    } catch (error) {
      throw placeFault({ place, keys }, (error as Error).message);
    }
  }

  /** Tries until it succeeds: who reads this may be all that watches the process. */
  async #reopen(first: boolean): Promise<void> {
    try {
      for (const one of this.#wanted) {
        const text = placeText(one.place);
        if (this.#paused || this.#servers.has(text)) continue;
        const server = await this.#open(one);
        if (this.#paused) server.close();
        else this.#servers.set(text, server);
      }
    } catch (error) {
      if (first) this.#viewed.logger.error("{reason}; trying again", { reason: (error as Error).message });
      this.#timer = setTimeout(() => this.#reopen(false), AGAIN);
      Deno.unrefTimer(this.#timer);
    }
  }

  #failed(path: string, error: unknown): void {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#viewed.logger.error("cannot answer a request for {path}: {reason}", {
      path: escape(path),
      reason: escape(text),
    });
  }
}
