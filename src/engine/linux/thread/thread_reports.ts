import type { EngineEvent } from "../../engine.ts";
import { Rate } from "../../rate.ts";
import type { Libc } from "../kernel/libc.ts";

/** What one thread reports. What happens again and again it reports once a second, and main once for all threads. */
export class ThreadReports {
  readonly #libc: Libc;
  readonly #report: (event: EngineEvent) => void;
  readonly #rate = new Rate();

  constructor(libc: Libc, report: (event: EngineEvent) => void) {
    this.#libc = libc;
    this.#report = report;
  }

  /** No channel takes a client. */
  turnedAway(): void {
    if (this.#rate.allows("turned-away")) this.#report({ type: "turned-away" });
  }

  /** The connection to a channel cannot come from the client's own address. */
  sourceUnfit(about: () => Omit<Extract<EngineEvent, { type: "source-unfit" }>, "type">): void {
    if (this.#rate.allows("source-unfit")) this.#report({ type: "source-unfit", ...about() });
  }

  /** The configured maximum of clients is served. */
  saturated(connections: number): void {
    if (this.#rate.allows("saturated")) this.#report({ type: "saturated", connections });
  }

  /** Clients come faster than they are accepted. */
  paced(dryRun: boolean): void {
    if (this.#rate.allows("paced")) this.#report({ type: "paced", dryRun });
  }

  /** This machine is short of something. */
  shortage(what: "accept" | "connect", reason: string): void {
    if (this.#rate.allows(what)) this.#report({ type: "shortage", what, reason });
  }

  /** `splice` or its pipes are unavailable; `action` is what failed. Reported once for each reason. */
  spliceRefused(action: string, errno: number): void {
    const reason = `${action}: ${this.#libc.describe(errno)}`;
    if (this.#rate.first(reason)) this.#report({ type: "splice-refused", reason });
  }
}
