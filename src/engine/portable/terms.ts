import { Selection } from "../../selection/selection.ts";
import type { ServiceSettings, ServiceSetup } from "../engine.ts";
import { standardVersion, type Version } from "../header_version.ts";
import type { Prelude } from "../prelude.ts";
import type { RunningClock } from "../running_clock.ts";
import { Deadlines } from "./deadlines.ts";
import { HalfClosed } from "./half_closed.ts";
import type { Intake } from "./intake.ts";
import { intakeFor } from "./intake_on_demand.ts";
import type { Watch } from "./watch.ts";

/** What applies to all clients that a service has accepted with the same settings. */
export class Terms {
  readonly settings: ServiceSettings;
  readonly selection: Selection;
  /** What clients have to go through first; undefined where there is nothing. */
  readonly intake: Intake | undefined;
  readonly deadlines: Deadlines;
  /** The PROXY header that connections to channels begin with, unless the channels have their own words on that. */
  readonly headerVersion: Version;
  /** What makes it, once it has been needed. */
  introduction: typeof import("./introduction.ts").introduction | undefined;
  prelude: Prelude | undefined;
  readonly halfClosed: HalfClosed;
  #clients = 0;
  #ended = false;

  /** @param watch to be looked at before the selection is used @param before terms of the same service that these replace */
  constructor(setup: ServiceSetup, clock: RunningClock, watch: Watch, before?: Terms) {
    const { table, settings, emit } = setup;
    this.settings = settings;
    this.selection = before?.selection.with(settings) ??
      new Selection(table, table.lane(0), settings, emit, { time: watch.time, look: () => {} });
    this.intake = intakeFor(setup, this.selection, clock);
    this.headerVersion = standardVersion(settings);
    this.deadlines = new Deadlines(clock, settings.connectTimeout);
    this.halfClosed = new HalfClosed(clock, settings.halfCloseTimeout);
  }

  /** A client comes. */
  enter(): void {
    this.#clients++;
  }

  /** A client has gone. */
  leave(): void {
    this.#clients--;
    this.#clearIfDone();
  }

  /** There are no more clients to come. */
  end(): void {
    this.#ended = true;
    this.#clearIfDone();
  }

  #clearIfDone(): void {
    if (!this.#ended || this.#clients > 0) return;
    this.intake?.clear();
    this.deadlines.clear();
    this.halfClosed.clear();
  }
}
