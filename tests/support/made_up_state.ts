import type { RecordState } from "../../src/state/record_state.ts";
import type { ChannelState } from "../../src/state/channel_state.ts";
import type { GroupState } from "../../src/state/group_state.ts";
import { conditionOf } from "../../src/state/troubles.ts";
import type { ServiceState } from "../../src/state/service_state.ts";
import type { InstanceState } from "../../src/state/state.ts";

/** A channel where all is well, but for what is said. Its troubles are what they make. */
export function channelState(channel: number, more: Partial<ChannelState> = {}): ChannelState {
  const host = more.host ?? `10.0.${channel >> 8}.${channel & 255}`;
  const made = {
    ...{ channel, enabled: true, disabledBy: [], host, address: host, port: 8080, current: 12 + channel % 7, maxc: 0 },
    ...{ weight: 1, name: null, proxy: null, check: null, checkPort: null, checkHost: null, total: 48_211 + channel },
    ...{ failed: 0, sent: 18_233_000, rcvd: 1_922_833_111, drainingSince: null, failing: false, rate: 3.2 },
    times: {
      connect: { count: 128, median: 0.31 + channel % 5 / 10, p99: 1.9 + channel % 9 },
      firstByte: { count: 128, median: 4.2 + channel % 11, p99: 38 + channel % 30 },
    },
    ...{ oldest: 312 + channel, lastError: null, failingSince: null, failuresInARow: 0, disabledSince: null },
    ...{ unanswered: 0, unansweredSince: null },
    ...more,
  };
  return { ...made, ...conditionOf(made) };
}

/** A service with these groups. */
export function serviceState(
  name: string,
  groups: readonly GroupState[],
  more: Partial<ServiceState> = {},
): ServiceState {
  const channels = groups.flatMap(({ channels }) => channels);
  return {
    ...{ name, addresses: ["0.0.0.0"], ports: [{ first: 80, last: 80 }], groups },
    connections: channels.reduce((sum, { current }) => sum + current, 0),
    rate: channels.reduce((sum, { rate }) => sum + rate, 0),
    ended: { closed: 182_993 },
    lastMinute: { connections: Array(60).fill(20), failures: Array(60).fill(0) },
    ...more,
  };
}

/** A process with these services. */
export function instanceState(services: readonly ServiceState[], more: Partial<InstanceState> = {}): InstanceState {
  const [first] = services;
  return {
    ...{ version: "0.1.0", pid: 4711, engine: "linux", engineReason: "it can run here", threads: 2 },
    ...{ started: "2026-01-01T00:00:00.000Z", uptime: 93_211, config: null },
    connections: services.reduce((sum, { connections }) => sum + connections, 0),
    log: { target: "stderr", problem: null, lost: 0 },
    ...{ service: first?.name ?? null, address: "0.0.0.0", port: 80, groups: first?.groups ?? [], services },
    ...more,
  };
}

/** A connection that did not end well. */
export function recordState(count: number, more: Partial<RecordState> = {}): RecordState {
  return {
    ...{ id: (count * 256).toString(36), time: new Date(Date.UTC(2026, 0, 1, 12, 0, count)).toISOString() },
    ...{ service: "web", client: `192.0.2.${count % 250}:40${100 + count}`, peer: null, port: 80, sni: null, group: 0 },
    ...{ channel: 1, address: "10.0.0.1:8080", attempts: [], attemptCount: 0, queueMs: null, connectMs: 0.4 },
    ...{ firstByteMs: null, durationMs: 312, up: 517, down: 0, end: "channel-reset", by: "channel" },
    ...{ reason: "the channel has reset the connection", now: { service: 30, group: 30, channel: 12, queue: 0 } },
    ...more,
  };
}
