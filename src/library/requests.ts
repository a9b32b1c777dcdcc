import { optionList } from "../options/option_records.ts";
import { libraryValues, serviceValues } from "../options/values.ts";
import type { Strategy } from "../selection/strategy.ts";
import type { ServiceRequest } from "../service/drafts/service_request.ts";
import { coded } from "../service/errors.ts";
import { checkGroups, checkNeeds } from "../service/options/option_shapes.ts";
import type { CheckedOptions, CheckedServeOptions } from "../service/options/options.ts";

/** The service that a program asks for. @throws {RangeError} when its options do not fit together */
export function requestOf(checked: CheckedServeOptions, list: readonly Strategy[]): ServiceRequest {
  checkGroups(checked, list);
  checkNeeds(checked);
  const { name, port, groups = [] } = checked;
  return { name, ports: port, groups, values: serviceValues(checked) };
}

/** @throws {TypeError} when there is an option of a service, but no port */
export function refuseServiceOptions(checked: CheckedOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...libraryValues(checked) };
  const names = optionList.flatMap(([key, { scope }]) => scope === "service" && given[key] !== undefined ? [key] : []);
  const [stray] = [...["name", "groups"].filter((key) => checked[key as "name" | "groups"] !== undefined), ...names];
  if (stray === undefined) return;
  const message = `Cannot use ${stray}: it is an option of a service, and there is no port`;
  throw coded(new TypeError(message), "ERR_INVALID_TYPE");
}
