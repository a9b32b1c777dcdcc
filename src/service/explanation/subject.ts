import { type ChannelId, groupOf } from "../../table/channel_id.ts";
import type { ExplainedAttempt, Explanation } from "../../selection/explanation/explanation.ts";
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
  /** Its attempts by their channels: there may be thousands. */
  readonly attempts: ReadonlyMap<ChannelId, Attempt>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An attempt among the others. */
export interface Attempt extends ExplainedAttempt {
  /** From 1. */
  readonly number: number;
  /** Whether it is the first in its group that a strategy has chosen. */
  readonly isFirst: boolean;
}

/** All attempts, by their channels. */
export function attemptsByChannel({ attempts }: Explanation): Map<ChannelId, Attempt> {
  const begun = new Set<number>();
  return new Map(attempts.map((attempt, i) => {
    const { channel, before } = attempt, group = groupOf(channel), isFirst = !before && !begun.has(group);
    if (isFirst) begun.add(group);
    return [channel, { ...attempt, number: i + 1, isFirst }];
  }));
}
