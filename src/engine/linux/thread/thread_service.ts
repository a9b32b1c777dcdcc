import { type Clock, clockOf } from "../../../table/clock.ts";
import type { Lane } from "../../../table/lane.ts";
import type { AcceptRate } from "../../../table/clients/accept_rate.ts";
import { Statistics, type StatisticsLane } from "../../../table/statistics/statistics.ts";
import { Table } from "../../../table/table.ts";
import type { EngineEvent, ServiceSettings } from "../../engine.ts";
import { Places } from "../../places.ts";
import { Admission } from "../arrival/admission.ts";
import { ChannelAddresses } from "./channel_addresses.ts";
import type { Libc } from "../kernel/libc.ts";
import type { Listening } from "../arrival/listening.ts";
import type { ServiceShare, ThreadMessage } from "../shared/messages.ts";
import { ServiceState } from "../shared/service_state.ts";
import { type Intake, Terms } from "./terms.ts";
import { ThreadReports } from "./thread_reports.ts";

/** A service as one thread serves it. */
export class ThreadService {
  readonly id: number;
  readonly state: ServiceState;
  readonly table: Table;
  readonly lane: Lane;
  readonly statistics: StatisticsLane | undefined;
  readonly addresses: ChannelAddresses;
  /** Its clients that found every channel full. */
  readonly places = new Places();
  readonly report: (event: EngineEvent) => void;
  readonly reports: ThreadReports;
  readonly admission: Admission;
  readonly listening = new Set<Listening>();
  /** What is needed where clients are asked for something or have to wait, if it is loaded; see `usesIntake`. */
  intake: Intake | undefined;
  /** All threads share it. */
  readonly clock: Clock;
  /** For clients accepted from now on. */
  terms: Terms;
  /** How fast they are accepted; undefined if as fast as they come. */
  pace: AcceptRate | undefined;
  #closingsSeen: number;

  constructor(
    libc: Libc,
    thread: number,
    threads: number,
    { id, table, state, statistics, settings }: ServiceShare,
    post: (message: ThreadMessage) => void,
    intake?: Intake,
    clock: Clock = clockOf(() => performance.now()),
  ) {
    this.id = id;
    this.state = ServiceState.attach(state, threads);
    this.#closingsSeen = this.state.closings;
    this.table = Table.attach(table);
    this.table.statistics = statistics && Statistics.attach(statistics);
    this.lane = this.table.lane(thread);
    this.statistics = this.table.statistics?.lane(thread);
    this.addresses = new ChannelAddresses(this.table);
    this.report = (event) => post({ type: "event", event, service: id });
    this.reports = new ThreadReports(libc, this.report);
    this.admission = new Admission(this.state.seats, thread, (connections) => this.reports.saturated(connections));
    this.intake = intake;
    this.clock = clock;
    this.terms = new Terms(this, settings);
    this.pace = this.#paceOf(settings);
  }

  /** Whether clients wait in the kernel's queues, for good or for the time being. */
  get isClosed(): boolean {
    return this.state.stopped || this.state.paused;
  }

  /** Whether clients who come too early wait. */
  get mustPace(): boolean {
    return !this.terms.settings.acceptRate!.dryRun;
  }

  /** A client has come before it was time. */
  cameEarly(): void {
    // The rate may just have been lifted.
    if (this.pace === undefined) return;
    this.pace.cameEarly();
    this.reports.paced(!this.mustPace);
  }

  /** New settings hold for clients accepted from now on. */
  change(settings: ServiceSettings): void {
    this.terms = new Terms(this, settings, this.terms);
    this.pace = this.#paceOf(settings);
  }

  /** Whether its connections were told to end since the last call. */
  takeClosing(): boolean {
    const { closings } = this.state;
    if (closings === this.#closingsSeen) return false;
    this.#closingsSeen = closings;
    return true;
  }

  #paceOf({ acceptRate }: ServiceSettings): AcceptRate | undefined {
    return acceptRate && new this.intake!.AcceptRate(acceptRate.memory, this.lane.number, acceptRate.limit);
  }
}
