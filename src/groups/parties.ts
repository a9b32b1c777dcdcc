import { DisabledBy } from "../table/table.ts";

/** Who can keep a channel from being chosen, as people read it, in the order in which they are shown. */
const PARTIES = {
  operator: DisabledBy.OPERATOR,
  autodisable: DisabledBy.MACHINE,
  /** Its host does not resolve. */
  unresolved: DisabledBy.UNRESOLVED,
  /** Its weight is 0. */
  weight: DisabledBy.WEIGHT,
  drain: DisabledBy.DRAINING,
  maintenance: DisabledBy.MAINTENANCE,
  /** Health checks. */
  down: DisabledBy.DOWN,
} as const;

/** @internal One of them. */
export type Party = keyof typeof PARTIES;

/**
 * Those who still keep it when another process goes on. A host is looked up again there, the weight is handed over, and
 * so are the results of health checks.
 */
export type LastingParty = Exclude<Party, typeof PASSING[number]>;

const PASSING = ["unresolved", "weight", "down"] as const;

const all = Object.keys(PARTIES) as Party[];

/** The parties whose bits these are. */
export function partiesOf(bits: number): Party[] {
  return all.filter((party) => (bits & PARTIES[party]) !== 0);
}

/** The bit of a party. */
export function bitOf(party: Party): number {
  return PARTIES[party];
}

/** Whether a word, which another version may have written, is such a party. */
export function isLasting(word: unknown): word is LastingParty {
  return !PASSING.some((party) => party === word) && all.some((party) => party === word);
}
