/**
 * A TCP load balancer to embed: groups of channels, failover, run-time control.
 *
 * @module
 */
export { Balancer, UnknownHost } from "./src/balancer/balancer.ts";
export type { BalancerOptions, ChannelOptions, GroupOptions } from "./src/balancer/balancer.ts";
export type { ChannelSnapshot, GroupSnapshot } from "./src/control/snapshot.ts";
export type { Direction, EngineEvent, Tap } from "./src/engine/engine.ts";
export type { SelectionEvent } from "./src/selection/events.ts";
export type { Client, GroupView, Strategy } from "./src/selection/strategy.ts";
export type { ChannelId } from "./src/table/channel_id.ts";
export { MAX_CHANNELS, MAX_GROUPS } from "./src/table/limits.ts";
