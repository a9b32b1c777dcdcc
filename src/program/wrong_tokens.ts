import { escape } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";

/** Milliseconds for which wrong tokens are only counted, after one has been logged. */
const QUIET = 60_000;

/** Logs that somebody tries tokens for the page: the first at once, what follows once a minute. */
export class WrongTokens {
  readonly #logger: Logger;
  #count = 0;
  #quiet = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Somebody has given one. */
  readonly add = (client: string): void => {
    if (this.#quiet) return void this.#count++;
    this.#quiet = true;
    this.#logger.warn("page: wrong token from {client}", { client: client === "" ? "this machine" : escape(client) });
    Deno.unrefTimer(setTimeout(() => this.#goOn(), QUIET));
  };

  #goOn(): void {
    const count = this.#count;
    this.#count = 0;
    this.#quiet = false;
    if (count > 0) this.#logger.warn(`page: {count} more wrong ${plural(count, "token")} within a minute`, { count });
  }
}
