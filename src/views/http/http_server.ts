import { type HttpPlace, isLocal, placeText } from "../../options/kinds/http_place.ts";
import { isLoopbackName } from "./allowed_host.ts";
import { HttpConnection, type Phase } from "./http_connection.ts";
import { openPlace } from "./open_place.ts";
import { answerBy, type HttpAnswer, type HttpRequest, type Route, textAnswer } from "./route.ts";

/** Most connections at a time, where there are descriptors enough. */
export const MOST_CONNECTIONS = 64;

/** How many of the descriptors that are kept for all kinds of things the connections of one server may take: a third. */
const PART = 1 / 3;

/**
 * Most connections at a time. When one more comes, one that waits for its next request gives way, or one that hangs.
 *
 * @param spare descriptors that clients leave to others
 */
export function mostConnections(spare: number): number {
  return Math.min(MOST_CONNECTIONS, Math.max(2, Math.floor(spare * PART)));
}

/** Milliseconds until the next accept after one that failed, at first and at most. */
const SHORTEST_PAUSE = 50, LONGEST_PAUSE = 800;

/** What a server needs besides routes. */
export interface HttpSettings {
  /** Most connections at a time. Default: `MOST_CONNECTIONS`. */
  readonly most?: number;
  /** A route has failed. */
  failed(path: string, error: unknown): void;
}

/**
 * Speaks HTTP/1.1 with a few clients that look on: bounded in everything that they could use up. It is written by hand
 * because out of descriptors, `Deno.serve` ends the process and a server of `node:http` accepts nothing any more.
 */
export class HttpServer {
  readonly place: HttpPlace;
  /** What it answers. May be replaced. */
  routes: readonly Route[];
  readonly #listener: Deno.Listener;
  readonly #settings: HttpSettings;
  readonly #loopback: boolean;
  readonly #connections = new Set<HttpConnection>();
  readonly #ended: Promise<void>;
  #closed = false;
  #wake = () => {};

  private constructor(place: HttpPlace, listener: Deno.Listener, routes: readonly Route[], settings: HttpSettings) {
    this.place = place;
    this.routes = routes;
    this.#listener = listener;
    this.#settings = settings;
    this.#loopback = isLocal(place);
    this.#ended = this.#accept();
  }

  /** Opens a place. @throws {Error} whose message says why that is impossible, as the end of a sentence */
  static async open(place: HttpPlace, routes: readonly Route[], settings: HttpSettings): Promise<HttpServer> {
    return new HttpServer(place, await openPlace(place), routes, settings);
  }

  /** Where it can be reached: a URL without a path, or the path of its socket. */
  get url(): string {
    return "path" in this.place ? this.place.path : `http://${placeText(this.place)}`;
  }

  /** Frees the place at once. Answers that are under way are finished; streams end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    this.#wake();
    for (const connection of this.#connections) connection.end();
  }

  /** Resolves once it has been closed and others can open its place. */
  get freed(): Promise<void> {
    return this.#ended;
  }

  /** Closes everything at once. Resolves when it is. */
  async stop(): Promise<void> {
    this.close();
    for (const connection of this.#connections) connection.close();
    await this.#ended;
  }

  /** Accepts until it is closed; a lack of descriptors or memory is waited out, as the engines do. */
  async #accept(): Promise<void> {
    let pause = SHORTEST_PAUSE;
    while (!this.#closed) {
      try {
        this.#begin(await this.#listener.accept());
        pause = SHORTEST_PAUSE;
      } catch {
        if (this.#closed) return;
        // Perhaps for want of descriptors.
        this.#makeRoom();
        await this.#wait(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  #begin(socket: Deno.Conn): void {
    const { remoteAddr } = socket, client = "hostname" in remoteAddr ? remoteAddr.hostname : "";
    const full = this.#connections.size >= (this.#settings.most ?? MOST_CONNECTIONS);
    if (full && !this.#makeRoom(client)) return socket.close();
    const connection = new HttpConnection(socket, {
      client,
      loopback: this.#loopback,
      answer: (request) => this.#answer(request),
    });
    this.#connections.add(connection);
    connection.serve().then(() => this.#connections.delete(connection));
  }

  /**
   * Closes a connection: one that waits for its next request, else one whose request has not come as a whole, so that
   * nobody is kept out by clients that ask for nothing; else one of somebody who has many more than the newcomer. Of
   * several, the oldest.
   *
   * @param newcomer the address of a client that wants one @returns whether there was one to close
   */
  #makeRoom(newcomer?: string): boolean {
    const all = [...this.#connections], inPhase = (wanted: Phase) => all.find(({ phase }) => phase === wanted);
    const victim = inPhase("idle") ?? inPhase("asking") ??
      (newcomer === undefined ? undefined : ofCrowd(all, newcomer));
    if (victim === undefined) return false;
    victim.close();
    // Now, not when its promise has settled.
    return this.#connections.delete(victim);
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const host = request.headers.get("host");
    if (this.#loopback && !("path" in this.place) && host !== undefined && !isLoopbackName(host)) {
      return textAnswer(421, "this server is called localhost, 127.0.0.1 or [::1]");
    }
    try {
      return await answerBy(this.routes, request);
    } catch (error) {
      this.#settings.failed(request.path, error);
      return textAnswer(500, "something went wrong inside the program; its log says what");
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout>;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer!);
  }
}

/** The oldest connection of the client that has most, if that is fair to it. */
function ofCrowd(all: readonly HttpConnection[], newcomer: string): HttpConnection | undefined {
  const counts = new Map<string, number>();
  for (const { client } of all) counts.set(client, (counts.get(client) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return most > (counts.get(newcomer) ?? 0) + 1 ? all.find(({ client }) => counts.get(client) === most) : undefined;
}
