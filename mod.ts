/**
 * A TCP load balancer to embed: groups of channels, failover, run-time control.
 *
 * @module
 */
export { Balancer } from "./src/balancer/balancer.ts";
export { UnknownHost } from "./src/balancer/channels.ts";
export { EngineUnavailable } from "./src/balancer/choose_engine.ts";
export type { BalancerOptions, ChannelOptions, GroupOptions } from "./src/balancer/options.ts";
export type { ChannelSnapshot, GroupSnapshot } from "./src/control/snapshot.ts";
export type { Direction, EngineEvent, EngineName, KeepAlive, Tap } from "./src/engine/engine.ts";
export type { SelectionEvent } from "./src/selection/events.ts";
export type { Client, GroupView, Strategy } from "./src/selection/strategy.ts";
export type { Address } from "./src/table/address.ts";
export type { ChannelId } from "./src/table/channel_id.ts";
export { MAX_CHANNELS, MAX_GROUPS } from "./src/table/limits.ts";
