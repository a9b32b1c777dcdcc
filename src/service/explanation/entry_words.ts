import type { ExplainedEntry } from "../../access/explained_entry.ts";
import { plural } from "../../log/plural.ts";
import type { EntryState } from "../../state/why_state.ts";
import { REFUSAL_WORDS } from "../../table/refusal_words.ts";
import type { ExplainedService } from "./subject.ts";

/** Whether a client comes in, and why. @param entry undefined for a service that takes everybody */
export function entryOf(entry: ExplainedEntry | undefined, service: ExplainedService): Omit<EntryState, "delays"> {
  if (entry === undefined) return { allowed: true, refused: null, rule: null, proxy: false, reason: "" };
  const rule = ruleOf(entry, service), [refused = null] = entry.refusals;
  return {
    allowed: refused === null || entry.dryRun,
    refused,
    rule,
    proxy: entry.expectsHeader,
    reason: [
      ...refused === null
        ? ruleText(rule)
        : [`${entry.dryRun ? "would be refused but for the dry run: " : ""}${refusal(refused, entry, rule, service)}`],
      ...entry.expectsHeader
        ? ["it must send a PROXY header (--accept-proxy), and the client that this names counts"]
        : [],
    ].join("; "),
  };
}

function ruleOf({ operator, rule }: ExplainedEntry, { access, given }: ExplainedService): EntryState["rule"] {
  const made = operator === undefined ? undefined : access?.operators?.at(operator);
  if (made !== undefined) return { by: "operator", action: made.action, networks: made.network };
  const own = rule === undefined ? undefined : given.access?.rules[rule];
  return own === undefined ? null : { by: "option", action: own.action, networks: own.text };
}

function ruleText(rule: EntryState["rule"]): string[] {
  return rule === null ? [] : [`${rule.action === "allow" ? "allowed" : "denied"} ${byText(rule)}`];
}

/** As in "denied by --deny 10.0.0.0/8". */
function byText({ by, action, networks }: NonNullable<EntryState["rule"]>): string {
  return by === "operator" ? `by an operator: ${action} ${networks}` : `by --${action} ${networks}`;
}

function refusal(
  refused: NonNullable<ExplainedEntry["refusals"][number]>,
  { connections }: ExplainedEntry,
  rule: EntryState["rule"],
  { given }: ExplainedService,
): string {
  if (refused === "denied" || refused === "operator") {
    return rule === null ? "denied, as no --allow has it" : `denied ${byText(rule)}`;
  }
  const { connections: most, rate } = given.access?.clients ?? {};
  if (refused === "connections") {
    return `it has ${connections} of ${most} ${plural(most ?? 0, "connection")} (--max-per-client)`;
  }
  if (refused === "rate" && rate !== undefined) {
    return `it has come too often (--rate-per-client ${rate.count}/${rate.seconds}s)`;
  }
  return REFUSAL_WORDS[refused];
}
