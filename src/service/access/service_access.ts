import type { AccessSettings } from "../../access/access.ts";
import type { AcceptRateSettings } from "../../engine/engine.ts";
import type { AccessState } from "../../access/access_state.ts";
import { otherwise } from "../../access/rules.ts";
import type { ClientLimits } from "../../table/clients/client_lane.ts";
import { AcceptRate } from "../../table/clients/accept_rate.ts";
import { type RefusalCount, type RefusalReason, REFUSALS, Refusals } from "../../table/clients/refusals.ts";
import { Tally } from "../../table/clients/tally.ts";
import { CountedClients } from "./counted_clients.ts";
import { type DraftedAccess, type DraftedClients, type DraftedRule, sameRules } from "./drafted_access.ts";
import { Operators } from "./operators.ts";

const EVERYBODY: DraftedAccess = {
  rules: [],
  peers: undefined,
  proxies: undefined,
  dryRun: false,
  reset: false,
  proxyTimeout: 0,
  clients: undefined,
  rate: undefined,
  conditional: false,
};

/** Who may come in to a service, as the main thread sees it. It lasts as long as the service, whatever changes. */
export class ServiceAccess {
  readonly #lanes: number;
  readonly #refusals: Refusals;
  #operators: Operators | undefined;
  /** Resolves when threads know of the operators' rules. */
  given: Promise<void> | undefined;
  #rules: readonly DraftedRule[] = [];
  #hits: Tally | undefined;
  #dryRun = false;
  #clients: CountedClients | undefined;
  #acceptRate: SharedArrayBuffer | undefined;
  /** Clients had come too early this often when accepting began to wait for them, or a dry run began. */
  #pacing: { readonly memory: SharedArrayBuffer; readonly dryRun: boolean; readonly before: number } | undefined;

  /** @param lanes threads that serve the service */
  constructor(lanes: number) {
    this.#lanes = lanes;
    this.#refusals = Refusals.create(lanes);
  }

  /** What an engine is given; undefined if everybody may come in. Rules that stay the same go on counting. */
  settings(drafted?: DraftedAccess): AccessSettings | undefined {
    const settings = this.#settings(drafted ?? EVERYBODY);
    return this.#operators === undefined && !asksClients(drafted) ? undefined : settings;
  }

  /** How fast an engine is to accept clients; undefined if as fast as they come. */
  acceptRate(drafted?: DraftedAccess): AcceptRateSettings | undefined {
    if (drafted?.rate === undefined) return this.#acceptRate = undefined;
    const { rate: limit, dryRun } = drafted, memory = this.#acceptRate ??= AcceptRate.create();
    if (this.#pacing?.memory !== memory || this.#pacing.dryRun !== dryRun) {
      this.#pacing = { memory, dryRun, before: AcceptRate.early(memory) };
    }
    return { limit, memory, dryRun };
  }

  /** Clients with limits; undefined if they have none. */
  get clients(): CountedClients | undefined {
    return this.#clients;
  }

  #settings(drafted: DraftedAccess): AccessSettings {
    const { rules, peers, proxies, dryRun, reset, proxyTimeout, clients } = drafted;
    if (this.#hits === undefined || !sameRules(rules, this.#rules)) {
      this.#hits = Tally.create(rules.length, this.#lanes);
    }
    this.#rules = rules;
    this.#dryRun = dryRun;
    if (clients === undefined) this.#clients = undefined;
    else if (!this.#clients?.fits(clients)) this.#clients = new CountedClients(clients, this.#lanes);
    return {
      list: rules.length === 0 ? undefined : {
        rules: rules.map(({ action, networks }) => ({ action, networks: [networks] })),
        hits: this.#hits.buffer,
      },
      operators: this.#operators?.buffers,
      peers,
      proxies,
      clients: clients && { ...limitsOf(clients), memory: this.#clients!.memory },
      refusals: this.#refusals.buffer,
      dryRun,
      reset,
      proxyTimeout,
    };
  }

  /** The rules that operators have made; undefined if there never was one. */
  get operators(): Operators | undefined {
    return this.#operators;
  }

  /** The same; if there never was one, the engine must be given the settings anew. */
  makeOperators(): Operators {
    return this.#operators ??= new Operators(this.#lanes);
  }

  /** How many were refused for a reason. */
  refusals(reason: RefusalReason): RefusalCount {
    return this.#refusals.of(reason);
  }

  /** All of it. */
  get state(): AccessState {
    const hits = this.#hits, counts = REFUSALS.map((reason) => [reason, this.#refusals.of(reason)] as const);
    return {
      dryRun: this.#dryRun,
      operators: this.#operators?.list() ?? [],
      rules: this.#rules.map(({ action, text }, i) => ({ action, networks: text, hits: hits?.total(i) ?? 0 })),
      otherwise: otherwise(this.#rules),
      refused: byReason(counts.map(([reason, { refused }]) => [reason, refused])),
      spared: byReason(counts.map(([reason, { spared }]) => [reason, spared])),
      uncounted: this.#clients?.uncounted ?? 0,
      paced: this.#acceptRate === undefined ? 0 : AcceptRate.early(this.#acceptRate) - this.#pacing!.before,
    };
  }

  /** Ends what runs for it. */
  stop(): void {
    this.#operators?.stop();
  }
}

/** Whether a service may refuse a client, or expects a PROXY header. */
function asksClients(drafted: DraftedAccess | undefined): boolean {
  if (drafted === undefined) return false;
  const { rules, peers, proxies, clients, conditional } = drafted;
  return conditional || rules.length > 0 || (peers ?? proxies ?? clients) !== undefined;
}

function limitsOf({ connections, rate }: DraftedClients): ClientLimits {
  return { connections, rate };
}

function byReason(counts: readonly (readonly [RefusalReason, number])[]): Record<RefusalReason, number> {
  return Object.fromEntries(counts) as Record<RefusalReason, number>;
}
