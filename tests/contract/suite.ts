import type { EngineSettings, StartEngine } from "../../src/engine/engine.ts";
import { within } from "../support/eventually.ts";
import { acceptRates } from "./subjects/accept_rate.ts";
import { addresses } from "./subjects/addresses.ts";
import { backpressure } from "./subjects/backpressure.ts";
import { besideStreams } from "./subjects/beside_streams.ts";
import { clientLimits } from "./subjects/client_limits.ts";
import { clientPlaces } from "./subjects/client_places.ts";
import { closing } from "./subjects/closing.ts";
import { counting } from "./subjects/counting.ts";
import { ending } from "./subjects/ending.ts";
import { events } from "./subjects/events.ts";
import { failover } from "./subjects/failover.ts";
import { greetings } from "./subjects/greetings.ts";
import { halfClose } from "./subjects/half_close.ts";
import { idle } from "./subjects/idle.ts";
import { leaving } from "./subjects/leaving.ts";
import { limits } from "./subjects/limits.ts";
import { openConnections } from "./subjects/open_connections.ts";
import { proxyHeaders } from "./subjects/proxy_headers.ts";
import { prelude } from "./subjects/prelude.ts";
import { queue } from "./subjects/queue.ts";
import { recordEnds } from "./subjects/record_ends.ts";
import { recordFields } from "./subjects/record_fields.ts";
import { receptionEnding } from "./subjects/reception_ending.ts";
import { refusals } from "./subjects/refusals.ts";
import { relayedHeaders } from "./subjects/relayed_headers.ts";
import { relaying } from "./subjects/relaying.ts";
import { resets } from "./subjects/resets.ts";
import { resting } from "./subjects/resting.ts";
import { services } from "./subjects/services.ts";
import { servicesAddresses } from "./subjects/services_addresses.ts";
import { servicesChange } from "./subjects/services_change.ts";
import { servicesHandOver } from "./subjects/services_hand_over.ts";
import { servicesLimits } from "./subjects/services_limits.ts";
import { servicesRemoval } from "./subjects/services_removal.ts";
import { statistics } from "./subjects/statistics.ts";
import { sticky } from "./subjects/sticky.ts";
import { warming } from "./subjects/warming.ts";
import { SharedTrial } from "./shared_trial.ts";
import { Trial, type TrialSetup } from "./trial.ts";

/** Seconds after which a test has failed. */
const DEADLINE = 90;

/** Starts the engine under test with one service. */
export type StartTrial = (setup: TrialSetup) => Promise<Trial>;

/** Starts the engine under test without any service. */
export type StartShared = (settings?: Partial<EngineSettings>) => Promise<SharedTrial>;

/**
 * Registers one test of the contract.
 *
 * @param unable why it cannot run on this machine, if it cannot
 */
export type ContractTest = (
  sentence: string,
  body: (start: StartTrial, share: StartShared) => Promise<void>,
  unable?: string | false,
) => void;

/** What is special about an engine. */
export interface ContractOptions {
  /** Threads of the engine, and lanes of its table. Default 1. */
  readonly threads?: number;
  /** Tests that this engine cannot pass, keyed by their sentences, each with the reason. */
  readonly skips?: Readonly<Record<string, string>>;
  /** Why the engine cannot run on this machine, if it cannot. */
  readonly unable?: string;
}

/**
 * The contract of `src/engine/engine.ts` as tests, the same for every engine.
 *
 * @throws {Error} when a skip names no test
 */
export function contract(
  name: string,
  start: StartEngine,
  { threads = 1, skips = {}, unable: engineUnable }: ContractOptions = {},
): void {
  const startTrial: StartTrial = (setup) => Trial.start(start, threads, setup);
  const share: StartShared = (settings) => SharedTrial.start(start, threads, settings);
  const unused = new Set(Object.keys(skips));
  const test: ContractTest = (sentence, body, unable) => {
    unused.delete(sentence);
    const reason = engineUnable ?? skips[sentence] ?? (unable || undefined);
    Deno.test({
      name: `${name}: ${sentence}${reason ? ` (skipped: ${reason})` : ""}`,
      ignore: reason !== undefined,
      fn: () => within(DEADLINE, sentence, body(startTrial, share)),
    });
  };
  for (
    const subject of [
      relaying,
      prelude,
      halfClose,
      backpressure,
      besideStreams,
      resets,
      failover,
      resting,
      limits,
      queue,
      events,
      counting,
      idle,
      leaving,
      addresses,
      ending,
      closing,
      services,
      servicesChange,
      servicesHandOver,
      servicesLimits,
      servicesAddresses,
      servicesRemoval,
      acceptRates,
      sticky,
      warming,
      proxyHeaders,
      relayedHeaders,
      greetings,
      refusals,
      clientLimits,
      clientPlaces,
      receptionEnding,
      recordEnds,
      recordFields,
      openConnections,
      statistics,
    ]
  ) subject(test);
  if (unused.size > 0) throw new Error(`Cannot skip tests: there is none called ${[...unused].join(", ")}`);
}
