import type { Terms } from "./terms.ts";
import type { ThreadService } from "./thread_service.ts";

/** The services of one thread, and which service each of its sockets belongs to. */
export class ThreadServices {
  readonly #byId = new Map<number, ThreadService>();
  /** Terms by their place; a place is used again once no client has the terms that had it. */
  readonly #terms: (Terms | undefined)[] = [];
  readonly #vacant: number[] = [];
  /** Place of the terms, by descriptor. Only pages that are touched take memory. */
  readonly #places: Uint32Array;

  /** @param descriptors descriptors are below this */
  constructor(descriptors: number) {
    this.#places = new Uint32Array(descriptors);
  }

  add(service: ThreadService): void {
    this.#byId.set(service.id, service);
  }

  get(id: number): ThreadService | undefined {
    return this.#byId.get(id);
  }

  remove(id: number): void {
    this.#byId.delete(id);
  }

  all(): Iterable<ThreadService> {
    return this.#byId.values();
  }

  /** The terms of a connection's socket. */
  of(fd: number): Terms {
    return this.#terms[this.#places[fd]]!;
  }

  /** A client of the service gets its terms. */
  enter(client: number, service: ThreadService): Terms {
    const { terms } = service;
    if (terms.clients++ === 0) {
      terms.place = this.#vacant.pop() ?? this.#terms.length;
      this.#terms[terms.place] = terms;
    }
    this.#places[client] = terms.place;
    return terms;
  }

  /** A channel's socket gets the terms of its client. */
  follow(server: number, client: number): void {
    this.#places[server] = this.#places[client];
  }

  /** A client with these terms has left. */
  leave(terms: Terms): void {
    if (--terms.clients > 0) return;
    this.#terms[terms.place] = undefined;
    this.#vacant.push(terms.place);
  }
}
