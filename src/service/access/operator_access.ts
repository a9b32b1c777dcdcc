import { isNetworkFault, type NetworkRange, parseNetworks } from "../../access/network_words.ts";
import type { Action } from "../../access/rules.ts";
import { quote } from "../../log/escape.ts";
import { MOST_OPERATOR_RULES } from "../../table/clients/operator_rules.ts";
import { coded } from "../errors.ts";
import type { Operators } from "./operators.ts";
import type { RunningService } from "../running_service.ts";

/**
 * Makes a rule of an operator for each of these networks. Resolves when it holds for the next client of every thread.
 *
 * @throws {RangeError} when a network is malformed, or there are too many rules
 */
export async function ruleFor(
  service: RunningService,
  action: Action,
  networks: string,
  seconds?: number,
): Promise<void> {
  const ranges = rangesOf(networks), operators = await operatorsOf(service);
  if (operators.add(action, ranges, seconds)) return;
  throw coded(
    new RangeError(`Cannot add rule: there can be ${MOST_OPERATOR_RULES} at most; use a file`),
    "ERR_OUT_OF_RANGE",
  );
}

/**
 * Ends the rules of operators that lie within these networks, and forgets that limits have refused clients there;
 * without any, all.
 *
 * @returns how many these were
 * @throws {RangeError} when a network is malformed
 */
export function unban({ access }: RunningService, networks?: string): number {
  const ranges = networks === undefined ? [undefined] : rangesOf(networks);
  for (const range of ranges) access?.clients?.forgive(range);
  return ranges.reduce((sum, range) => sum + (access?.operators?.remove(range) ?? 0), 0);
}

/** The operators' rules of a service; threads know of them once it has resolved. */
export async function operatorsOf(service: RunningService): Promise<Operators> {
  const { ServiceAccess } = await import("./service_access.ts");
  const access = service.access ??= new ServiceAccess(service.groups.table.lanes);
  if (access.operators === undefined) {
    access.makeOperators();
    access.given = service.giveAccess();
  }
  // Also by whoever comes second.
  await access.given;
  return access.operators!;
}

/** The networks that a program gives. @throws {RangeError} when a part is no network, or a file */
export function rangesOf(networks: string): NetworkRange[] {
  const parts = parseNetworks(networks);
  if (isNetworkFault(parts)) {
    const { word, reason, suggestion } = parts;
    const guess = suggestion === undefined ? "" : `, did you mean ${suggestion}?`;
    throw refused(`${quote(word)} ${reason}${guess}`);
  }
  return parts.flatMap((part) => {
    if (part.kind === "file") throw refused(`${quote(part.text)} is a file; only --allow and --deny take files`);
    return part.ranges;
  });
}

function refused(why: string): RangeError {
  return coded(new RangeError(`Cannot use networks: ${why}`), "ERR_OUT_OF_RANGE");
}
