import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { REFUSAL_WORDS } from "../table/refusal_words.ts";
import type { RefusalCount, RefusalReason } from "../table/clients/refusals.ts";

/** A refused client that stands for others. */
export interface RefusedClient {
  readonly reason: RefusalReason;
  /** Its address. */
  readonly client: string;
  readonly dryRun: boolean;
  /** What was wrong with what it sent. */
  readonly fault?: string;
}

/** What is known of a service whose clients are refused. */
export interface RefusingService {
  /** What lines begin with, and what they have besides. */
  readonly about: () => { readonly prefix: string; readonly service: Readonly<Record<string, unknown>> };
  /** How many were refused so far; undefined when the service is gone. */
  readonly count: (reason: RefusalReason) => RefusalCount | undefined;
}

/** Calls something in a second, for which the program need not go on. */
function inASecond(act: () => void): void {
  Deno.unrefTimer(setTimeout(act, 1000));
}

/** Logs the clients of one service that are refused for one reason: at most one line a second, which counts them all. */
export class RefusedClients {
  readonly #logger: Logger;
  readonly #service: RefusingService;
  readonly #reason: RefusalReason;
  #before: RefusalCount = { refused: 0, spared: 0 };
  #example = "";
  #why = "";
  readonly #later: (act: () => void) => void;
  /** Whether it will look again. */
  #waiting = false;

  /** @param later calls something in a second. Default: with a timer */
  constructor(
    logger: Logger,
    service: RefusingService,
    reason: RefusalReason,
    later: (act: () => void) => void = inASecond,
  ) {
    this.#logger = logger;
    this.#later = later;
    this.#service = service;
    this.#reason = reason;
  }

  /** One was refused, and perhaps others. */
  report({ client, fault }: RefusedClient): void {
    this.#example = client;
    this.#why = REFUSAL_WORDS[this.#reason] + (fault === undefined ? "" : ` (${fault})`);
    if (!this.#waiting) this.#look();
  }

  /** Logs those that have come since, and looks again as long as there are some. */
  #look(): void {
    this.#waiting = false;
    const now = this.#service.count(this.#reason);
    if (now === undefined) return;
    const { refused, spared } = this.#before, counts = [now.refused - refused, now.spared - spared];
    this.#before = now;
    if (counts[0] <= 0 && counts[1] <= 0) return;
    if (counts[0] > 0) this.#log("refused", counts[0]);
    if (counts[1] > 0) this.#log("would refuse", counts[1]);
    this.#waiting = true;
    this.#later(() => this.#look());
  }

  #log(verb: string, count: number): void {
    const { prefix, service } = this.#service.about();
    const whom = count === 1 ? "{client}" : `{count} ${plural(count, "client")}, {client} among them`;
    this.#logger.warn(`${prefix}${verb} ${whom}: {why}`, {
      ...service,
      ...count > 1 && { count },
      client: this.#example,
      why: this.#why,
      reason: this.#reason,
    });
  }
}
