import type { StickyHandle } from "../../table/sticky_lane.ts";

/** What connections of services with `--sticky` need when they end, by descriptor. Takes no memory before the first. */
export class StickyHandles {
  readonly #capacity: number;
  #handles: Float64Array | undefined;

  /** @param capacity descriptors are below this */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** For a connection that has just been established, whichever of its two sockets ends it. */
  set(client: number, server: number, handle: StickyHandle): void {
    const handles = this.#handles ??= new Float64Array(this.#capacity);
    handles[client] = handles[server] = handle;
  }

  /** The handle of an established connection of such a service. */
  of(fd: number): StickyHandle {
    return this.#handles![fd];
  }
}
