import { quote } from "../../log/escape.ts";
import type { Strategy } from "../../selection/strategy.ts";
import { blaming } from "../blame.ts";
import { EngineUnavailable } from "../errors.ts";
import type { ServiceRequest } from "./service_request.ts";

/**
 * Checks that the strategies are there that services name. Those in files are loaded when the program starts.
 *
 * @throws {EngineUnavailable} naming the one that is not
 */
export function requireStrategies(requests: readonly ServiceRequest[], list: readonly Strategy[]): void {
  for (const request of requests) {
    for (const { strategy } of request.groups) {
      if (strategy === undefined || list.some(({ name }) => name === strategy)) continue;
      throw blaming(new EngineUnavailable(`strategy ${quote(strategy)} needs a restart: it is not loaded yet`), {
        request,
      });
    }
  }
}
