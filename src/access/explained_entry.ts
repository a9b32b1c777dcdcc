import { ClientLane } from "../table/clients/client_lane.ts";
import { MOST_OPERATOR_RULES } from "../table/clients/operator_rules.ts";
import { type RefusalReason, Refusals } from "../table/clients/refusals.ts";
import { Tally } from "../table/clients/tally.ts";
import { Access, type AccessSettings } from "./access.ts";

/** What would become of a client at the door. */
export interface ExplainedEntry {
  /** Why it is refused, in the order in which the reasons come; more than one only in a dry run. */
  readonly refusals: readonly RefusalReason[];
  /** Whether it comes in all the same, since this is a dry run. */
  readonly dryRun: boolean;
  /** Slot of the operator's rule that decided; undefined if there is none about it. */
  readonly operator: number | undefined;
  /** Number of the rule of the access list that decided; undefined if there is none about it. */
  readonly rule: number | undefined;
  /** Whether it must say with a PROXY header for whom it speaks. */
  readonly expectsHeader: boolean;
  /** Connections of the client now, as limits count them; undefined without such limits. */
  readonly connections: number | undefined;
}

/**
 * What would become of a client that came now, by the very code that decides about those who come. It works on copies of
 * what it would change, so that nobody is counted, and no client comes closer to a limit.
 *
 * @param address sixteen bytes of the client's address, from which it connects
 * @param now milliseconds of the clock that all threads share
 */
export function explainedEntry(settings: AccessSettings, address: Uint8Array, now: number): ExplainedEntry {
  const { list, operators, clients } = settings, rules = list?.rules.length ?? 0;
  const hits = Tally.create(rules, 1), operatorHits = Tally.create(MOST_OPERATOR_RULES, 1);
  const lane = clients && new ClientLane(clients.memory, 0, clients);
  const refusals: RefusalReason[] = [];
  const access = new Access(
    {
      ...settings,
      list: list && { ...list, hits: hits.buffer },
      operators: operators && { rules: operators.rules.slice(0), hits: operatorHits.buffer },
      clients: clients && { ...clients, memory: lane!.copyFor(address) },
      refusals: Refusals.create(1).buffer,
    },
    0,
    () => now,
    ({ reason }) => refusals.push(reason),
  );
  const expectsHeader = access.expectsHeader(address);
  if (access.guards && access.admitsPeer(address)) access.enter(address);
  return {
    refusals,
    dryRun: settings.dryRun,
    operator: hit(operatorHits, MOST_OPERATOR_RULES),
    rule: hit(hits, rules),
    expectsHeader,
    connections: lane?.connectionsOf(address),
  };
}

/** The counter that has counted. */
function hit(tally: Tally, counters: number): number | undefined {
  for (let i = 0; i < counters; i++) if (tally.total(i) > 0) return i;
  return undefined;
}
