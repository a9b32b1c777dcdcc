/**
 * A TCP load balancer to embed: groups of channels, failover, run-time control.
 *
 * @module
 */
export type {
  ChannelActivityState,
  ChannelConditionState,
  ChannelHealthState,
  ChannelState,
  ResolutionState,
  ResolutionState as Resolution,
  TimesState,
  TroubleState,
} from "./src/state/channel_state.ts";
export type { ConditionsState, GroupState } from "./src/state/group_state.ts";
export type { PortsState } from "./src/state/ports_state.ts";
export type {
  ConnectionLogState,
  MinuteState,
  QueueState,
  ServiceActivityState,
  ServiceState,
  ServiceSummary,
} from "./src/state/service_state.ts";
export type { InstanceState, InstanceSummary, ProcessState } from "./src/state/state.ts";
export type { AttemptState, RecordState } from "./src/state/record_state.ts";
export type { FailuresState } from "./src/state/failures_state.ts";
export { Balancer } from "./src/library/balancer.ts";
export { ChannelLoop, EngineUnavailable, type ErrorCode, UnknownHost } from "./src/service/errors.ts";
export type { BalancerEvent, ChannelPlace, HealthChange } from "./src/service/events.ts";
export type {
  BalancerOptions,
  ChannelOptions,
  ConnectionOptions,
  DisableOptions,
  GroupOptions,
  RuleOptions,
  ServeOptions,
  WhyOptions,
} from "./src/service/options/options.ts";
export type {
  EntryState,
  WhyAttemptState,
  WhyChannelState,
  WhyConnectionState,
  WhyGroupState,
  WhyState,
} from "./src/state/why_state.ts";
export type { AccessRuleState, AccessState, ClientState, OperatorRuleState } from "./src/access/access_state.ts";
export { Service } from "./src/service/service.ts";
export type { RunningService } from "./src/service/running_service.ts";
export type { ChannelHealth, ChannelSnapshot, GroupSnapshot } from "./src/groups/snapshot.ts";
export type { StickyClient } from "./src/groups/sticky_clients.ts";
export type { CloseOptions, Direction, GeneralEvent, IntakeEvent, Tap } from "./src/engine/engine.ts";
export type { EngineChoice, EngineName } from "./src/options/engine_name.ts";
export type { KeepAlive } from "./src/options/keep_alive.ts";
export type { AllChannelValues, ChannelValues } from "./src/options/channel_values.ts";
export type { ConditionOptions, GroupConditions } from "./src/options/group_conditions.ts";
export type { LibraryValues } from "./src/options/values.ts";
export type { FirstProtocol } from "./src/options/kinds/conditions.ts";
export type { Ports } from "./src/options/port_ranges.ts";
export type { AccessRule } from "./src/options/kinds/networks.ts";
export type { StrategyFile } from "./src/options/kinds/strategy_file.ts";
export type { Greeting, Protocol } from "./src/preamble/greeting.ts";
export type { Candidates, Client, Strategy } from "./src/selection/strategy.ts";
export type { Address } from "./src/table/address.ts";
export type { Counters } from "./src/table/counter.ts";
export { MAX_CHANNELS, MAX_GROUPS } from "./src/table/limits.ts";
export type { Result } from "./src/table/records/results.ts";
export type { RateLimit } from "./src/table/clients/pace.ts";
export type { RefusalReason } from "./src/table/clients/refusals.ts";
