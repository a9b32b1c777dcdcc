import type { Explanation } from "../../selection/explanation/explanation.ts";
import type { Client } from "../../selection/strategy.ts";
import type { RunningService } from "../running_service.ts";

/** What of a service an explanation depends on. */
export type ExplainedService = Pick<
  RunningService,
  "name" | "address" | "ports" | "groups" | "access" | "settings" | "given" | "delays"
>;

/** What words of an explanation are about. */
export interface Subject {
  readonly service: ExplainedService;
  readonly client: Client;
  readonly told: Explanation;
  /** Milliseconds since 1970. */
  readonly now: number;
}
