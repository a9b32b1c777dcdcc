import assert from "node:assert/strict";
import type { EngineEvent, ServiceSettings, StartEngine, Tap } from "../../src/engine/engine.ts";
import { strategies } from "../../src/selection/strategy.ts";
import type { Address } from "../../src/table/address.ts";
import { type ChannelId, channelId } from "../../src/table/channel_id.ts";
import { ClientTable } from "../../src/table/clients/client_table.ts";
import type { Counters } from "../../src/table/counter.ts";
import { MAX_GROUPS, ROWS } from "../../src/table/limits.ts";
import { type RefusalCount, REFUSALS, Refusals } from "../../src/table/clients/refusals.ts";
import { ENDS } from "../../src/table/records/ends.ts";
import { Statistics } from "../../src/table/statistics/statistics.ts";
import { Table } from "../../src/table/table.ts";
import { Client } from "../support/client.ts";
import { eventually, pause, within } from "../support/eventually.ts";
import { accessOf, type Asked, conditionNumber, conditionsOf, type GroupCondition } from "./intake.ts";
import { TrialRecords } from "./trial_records.ts";
import { OneService, type OneServiceSettings, STANDARD } from "../support/one_service.ts";

/** A backend, or whatever else has an address. */
export interface Target {
  readonly address: Address;
}

/** One group of a trial's table. */
export interface GroupSetup {
  readonly strategy?: string;
  readonly channels: readonly (Target & { readonly maxc?: number })[];
  /** Which clients it is for. Default: all. */
  readonly condition?: GroupCondition;
}

/** What a trial sets differently from the command line's defaults. */
export interface TrialSetup extends Omit<OneServiceSettings, "strategies"> {
  /** Channels of group 0, if it is the only group. */
  readonly channels?: GroupSetup["channels"];
  readonly groups?: readonly GroupSetup[];
  /** What is asked of clients before they are served. */
  readonly asks?: Asked;
  readonly tap?: Tap;
  /** Records that a thread's ring has room for. Default: as usual. */
  readonly ringCapacity?: number;
}

/** Seconds in which an engine must end once everything is closed. */
export const ENDING = 30;

/** An engine running in front of backends, with its table and what it has reported. */
export class Trial implements AsyncDisposable {
  readonly engine: OneService;
  readonly table: Table;
  readonly events: readonly EngineEvent[];
  readonly threads: number;
  readonly records: TrialRecords;
  #settings: Partial<ServiceSettings>;

  private constructor(
    engine: OneService,
    table: Table,
    events: readonly EngineEvent[],
    threads: number,
    settings: Partial<ServiceSettings>,
    records: TrialRecords,
  ) {
    this.records = records;
    this.threads = threads;
    this.#settings = settings;
    this.engine = engine;
    this.table = table;
    this.events = events;
  }

  static async start(start: StartEngine, threads: number, setup: TrialSetup): Promise<Trial> {
    const { channels, groups = channels ? [{ channels }] : [], tap, asks, ringCapacity, ...others } = setup;
    const conditions = conditionsOf(groups.map(({ condition }) => condition));
    const asked = asks ?? (conditions.size > 0 ? {} : undefined);
    const settings = { ...others, access: asked && accessOf(asked, threads), conditions };
    const table = tableOf(threads, groups), events: EngineEvent[] = [];
    const records = new TrialRecords(threads, ringCapacity);
    const engine = await OneService.start(start, {
      table,
      records: records.settings,
      settings: { threads, ...settings },
      emit: (event) => events.push(event),
      tap,
    });
    return new Trial(engine, table, events, threads, settings, records);
  }

  get port(): number {
    return this.engine.address.port;
  }

  get statistics(): Statistics {
    return this.table.statistics!;
  }

  /** Changes some of its service's settings. */
  change(settings: Partial<ServiceSettings>): Promise<void> {
    return this.engine.service.change({ ...STANDARD, ...this.#settings, ...settings });
  }

  /** Every thread, and this one, has handled what had arrived before. */
  async turn(): Promise<void> {
    await this.change({});
    await pause(0);
  }

  /** The first channel of a group. */
  channel(group: number): ChannelId {
    return channelId(group, 0);
  }

  /** Changes what it asks of its clients. What has been counted of each client stays. */
  async ask(asks?: Asked): Promise<void> {
    const { memory } = this.#settings.access?.clients ?? {};
    this.#settings = { ...this.#settings, access: asks && accessOf(asks, this.threads, memory) };
    await this.change({});
  }

  /** How many clients were refused for each reason for which any was. */
  refused(): Record<string, number> {
    return this.#counted(({ refused }) => refused);
  }

  /** How many would have been, if it were not a dry run. */
  wouldRefuse(): Record<string, number> {
    return this.#counted(({ spared }) => spared);
  }

  /** What is counted of each client, where they have limits. */
  get clients(): ClientTable {
    return ClientTable.attach(this.#settings.access!.clients!.memory);
  }

  /** Reports of refused clients: the reason and the client. */
  refusals(): string[] {
    return this.events.flatMap((event) => event.type === "refused" ? [`${event.reason} ${event.client}`] : []);
  }

  /** A client of the engine. */
  connect(hostname?: string): Promise<Client> {
    return Client.connect(this.port, hostname);
  }

  counters(channel: ChannelId): Counters {
    return this.table.counters(channel);
  }

  /** Types of the events so far; if a channel is given, only of its events. */
  eventTypes(channel?: ChannelId): string[] {
    return this.events
      .filter((event) => channel === undefined || ("channel" in event && event.channel === channel))
      .map(({ type }) => type);
  }

  /** Waits until no connection is left, on any channel. */
  async idle(): Promise<void> {
    await eventually("every connection has been given back", () => this.engine.connections === 0 && this.held() === 0);
  }

  /** Connections of all channels, removed ones included. */
  held(): number {
    return held(this.table);
  }

  #counted(number: (count: RefusalCount) => number): Record<string, number> {
    const { access } = this.#settings;
    if (access === undefined) return {};
    const refusals = Refusals.attach(access.refusals);
    const counts = REFUSALS.map((reason) => [reason, number(refusals.of(reason))] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Stops the engine and checks that it has given everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.stopAccepting();
    this.engine.closeAll();
    await within(ENDING, "the engine ends", this.engine.ended);
    assert.equal(this.engine.connections, 0, "connections of an engine that has ended");
    assertGivenBack(this.table);
    const ended = ENDS.reduce((sum, end) => sum + this.statistics.ended(end), 0);
    assert.equal(ended, this.records.connections(), "each connection has ended once");
  }
}

/** A table with these groups, for so many threads. */
export function tableOf(threads: number, groups: readonly GroupSetup[]): Table {
  const table = Table.create(threads);
  table.statistics = Statistics.create(threads);
  groups.forEach(({ strategy = "rr", channels, condition }, group) => {
    table.setStrategy(group, strategies.findIndex(({ name }) => name === strategy));
    for (const { address, maxc } of channels) table.addChannel(group, address, maxc);
    if (condition !== undefined) table.setCondition(group, conditionNumber(group));
  });
  return table;
}

/** Connections of all channels of a table. */
export function held(table: Table): number {
  let sum = 0;
  for (let group = 0; group < MAX_GROUPS; group++) {
    for (let row = 0; row < ROWS; row++) sum += Math.abs(table.current(channelId(group, row)));
  }
  return sum;
}

/** Fails if a connection of this table has not been given back. */
export function assertGivenBack(table: Table): void {
  assert.equal(held(table), 0, "connections that were not given back");
  for (let lane = 0; lane < table.lanes; lane++) {
    table.lane(lane).abandon((id, count) => assert.fail(`lane ${lane} still holds ${count} of channel ${id}`));
  }
}

/** Id of a channel of group 1, where failover goes. */
export const RESERVE: ChannelId = channelId(1, 0);

/** What a new client hears from the backend that it reaches. */
export async function ask(trial: Trial): Promise<string> {
  using client = await trial.connect();
  await client.finish();
  return await client.readAllText();
}
