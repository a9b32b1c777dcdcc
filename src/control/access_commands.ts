import type { AccessState } from "../access/access_state.ts";
import { contains, formatNetwork, isNetworkFault, type NetworkRange, parseNetworks } from "../access/network_words.ts";
import type { Action } from "../access/rules.ts";
import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { LONGEST_TIME } from "../options/ranges.ts";
import { MOST_OPERATOR_RULES } from "../table/clients/operator_rules.ts";
import { REFUSAL_WORDS } from "../table/refusal_words.ts";
import { REFUSALS } from "../table/clients/refusals.ts";
import { columns } from "./columns.ts";
import { answer, integer, refuse, Refused, type Reply, type ServiceCommand } from "./command.ts";
import type { ControlledService } from "./control_plane.ts";
import { toJson } from "./json.ts";

export const allow: ServiceCommand = rule(
  "allow",
  "serve clients, whatever the access list says, for SEC or for good",
);

export const deny: ServiceCommand = rule("deny", "refuse clients, for SEC or for good");

export const unban: ServiceCommand = {
  name: "unban",
  parameters: "NETWORK|all",
  summary: "end the rules of allow and deny for clients, and reset their rates",
  changes: true,
  decisive: true,
  scope: "service",
  run: async ([word], _, service) => {
    const ranges = word === "all" ? [undefined] : readRanges(word), { access } = service;
    let ended = 0, forgiven = 0;
    for (const range of ranges) forgiven += service.clients?.forgive(range) ?? 0;
    if (access !== undefined && access.operators.length > 0) {
      const operators = await service.operators();
      for (const range of ranges) ended += operators.remove(range);
    }
    if (ended > 0 || forgiven > 0 || word === "all") {
      const clients = forgiven === 0 ? "" : `, ${forgiven} refused ${plural(forgiven, "client")} may connect again`;
      return answer(`${ended} ${plural(ended, "rule")} ended${clients}${hint(ranges, access)}`);
    }
    return refuse(`no operator has made a rule for ${escape(word)}${hint(ranges, access)}`);
  },
};

/** What `show access` answers. @param word `json`, or nothing */
export function showAccess(word: string | undefined, { access, name }: ControlledService): Reply {
  if (word !== undefined && word !== "json") return refuse(`give json or nothing in place of ${quote(word)}`);
  if (access === undefined) return refuse(`service ${quote(name)} serves all clients: it has no access rules`);
  return answer(...word === "json" ? [toJson(access)] : accessLines(access));
}

const HEADINGS = ["from", "action", "networks", "hits", "left"], LEFT = new Set(["from", "action", "networks"]);

/** A line for each rule, the first one that is asked first, and one for each reason that says how many were refused. */
function accessLines(
  { dryRun, operators, rules, otherwise, refused, spared, uncounted, paced }: AccessState,
): string[] {
  const rows = [
    ...operators.map(({ action, network, hits, left }) => {
      return ["operator", action, network, String(hits), left === null ? "-" : `${Math.ceil(left)} s`];
    }),
    ...rules.map(({ action, networks, hits }) => ["option", action, escape(networks), String(hits), "-"]),
    ["", otherwise, "all others", "", ""],
  ];
  const counts = (what: string, all: AccessState["refused"], always: boolean) => {
    const reasons = REFUSALS.filter((reason) => all[reason] > 0);
    if (reasons.length === 0) return always ? [`${what}: nobody`] : [];
    return reasons.map((reason) => `${what}: ${all[reason]}, ${REFUSAL_WORDS[reason]}`);
  };
  const more = [
    ...uncounted === 0 ? [] : [`connections not counted for limits, as the table was full: ${uncounted}`],
    ...paced === 0
      ? []
      : [`${dryRun ? "dry run, clients that would have waited" : "pauses"} because of --rate: ${paced}`],
  ];
  return [
    ...columns(HEADINGS, rows, LEFT, "  "),
    ...counts("refused", refused, !dryRun),
    ...counts("dry run, would have refused", spared, dryRun),
    ...more,
  ];
}

function rule(action: Action, summary: string): ServiceCommand {
  return {
    name: action,
    parameters: "NETWORK [SEC]",
    summary,
    changes: true,
    decisive: true,
    scope: "service",
    run: async ([word, duration], _, service) => {
      const ranges = readRanges(word), seconds = duration === undefined ? undefined : integer(duration);
      if (seconds !== undefined && (seconds < 1 || seconds > LONGEST_TIME)) {
        return refuse(`invalid time ${quote(duration)}: give 1 to ${LONGEST_TIME} seconds`);
      }
      const operators = await service.operators();
      if (!operators.add(action, ranges, seconds)) {
        return refuse(`there can be ${MOST_OPERATOR_RULES} rules at most: use --deny @FILE for more`);
      }
      const counted = service.access?.dryRun ? "; but it is only counted (--access-dry-run)" : "";
      const whom = word === "all" ? "all clients" : ranges.map(formatNetwork).join(", ");
      const time = seconds === undefined ? "" : ` for ${seconds} s`;
      return answer(`${whom} ${action === "allow" ? "allowed" : "denied"}${time}${counted}`);
    },
  };
}

/** The networks of a word. @throws {Refused} when a part of it is none */
export function readRanges(word: string): readonly NetworkRange[] {
  const parts = parseNetworks(word);
  if (isNetworkFault(parts)) {
    const guess = parts.suggestion === undefined ? "" : `, did you mean ${escape(parts.suggestion)}?`;
    throw new Refused(refuse(`invalid network: ${quote(parts.word)} ${parts.reason}${guess}`));
  }
  return parts.flatMap((part) => {
    if (part.kind === "range") return part.ranges;
    throw new Refused(refuse(`invalid network ${quote(part.text)}: files are for the options --allow and --deny`));
  });
}

/** Says which wider rule there is besides those that lie within the ranges. @param access as it was with these */
function hint(ranges: readonly (NetworkRange | undefined)[], access: AccessState | undefined): string {
  for (const { action, network } of access?.operators ?? []) {
    const [part] = parseNetworks(network) as Exclude<ReturnType<typeof parseNetworks>, { reason: string }>;
    if (part.kind !== "range") continue;
    const [rule] = part.ranges;
    if (ranges.some((range) => range === undefined || contains(range, rule))) continue;
    if (!ranges.some((range) => range && contains(rule, range))) continue;
    return `; ${network} is ${action === "allow" ? "allowed" : "denied"}`;
  }
  return "";
}
