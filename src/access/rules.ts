import { includes, type Networks } from "./networks.ts";

/** What becomes of a client. */
export type Action = "allow" | "deny";

/** A rule of an access list. */
export interface Rule {
  readonly action: Action;
  /** The clients that it is about: those that are in one of these sets. */
  readonly networks: readonly Networks[];
}

/** The number of the first rule that is about the client with these sixteen address bytes, or -1. */
export function firstMatch(rules: readonly Rule[], address: Uint8Array): number {
  for (let i = 0; i < rules.length; i++) if (inAny(rules[i].networks, address)) return i;
  return -1;
}

/** Whether one of the sets has the address. */
export function inAny(networks: readonly Networks[], address: Uint8Array): boolean {
  for (let i = 0; i < networks.length; i++) if (includes(networks[i], address)) return true;
  return false;
}

/** What becomes of clients that no rule is about: they are allowed, unless the rules only say whom to allow. */
export function otherwise(rules: readonly { readonly action: Action }[]): Action {
  return rules.length > 0 && rules.every(({ action }) => action === "allow") ? "deny" : "allow";
}
