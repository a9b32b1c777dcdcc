import type { RecordState } from "../../state/record_state.ts";
import { type ChannelId, groupOf, NONE } from "../../table/channel_id.ts";
import type { RecordedEndpoint } from "../../table/records/connection_record.ts";
import {
  channelPart,
  connectionId,
  type DescribedService,
  endpointText,
  milliseconds,
  timeOrNull,
} from "./describe.ts";

/** A connection that has not ended. Times are milliseconds, -1 if there was none; `accepted` is of the engine's clock. */
export interface DescribableConnection {
  readonly id: number;
  readonly stage: "greeting" | "connecting" | "waiting" | "established";
  readonly client: RecordedEndpoint;
  readonly peer?: RecordedEndpoint;
  readonly localPort: number;
  readonly channel: ChannelId | typeof NONE;
  readonly accepted: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly up: number;
  readonly down: number;
}

/** What a connection is doing, in words. */
const STAGES: Readonly<Record<DescribableConnection["stage"], string>> = {
  greeting: "waits for the first bytes of the client",
  connecting: "connects to the channel",
  waiting: "waits for a place on a channel",
  established: "",
};

/**
 * What operators are told about a connection that lasts.
 *
 * @param connections those of its service at this moment
 * @param now this moment, by the engine's clock
 */
export function describeOpen(
  open: DescribableConnection,
  { name, groups }: DescribedService,
  connections: number,
  now: number,
): RecordState {
  const { channel: id, localPort, peer } = open, { table } = groups, group = groupOf(id);
  const inGroup = id === NONE ? [] : table.channels(group);
  return {
    id: connectionId(open.id),
    time: new Date().toISOString(),
    service: name,
    client: endpointText(open.client),
    peer: peer === undefined ? null : endpointText(peer),
    port: localPort,
    sni: null,
    ...channelPart(groups, id, false, localPort),
    attempts: [],
    attemptCount: 0,
    queueMs: timeOrNull(open.queueMs),
    connectMs: timeOrNull(open.connectMs),
    firstByteMs: timeOrNull(open.firstByteMs),
    durationMs: milliseconds(now - open.accepted),
    up: open.up,
    down: open.down,
    end: "open",
    by: "",
    reason: STAGES[open.stage],
    open: true,
    now: {
      service: connections,
      group: inGroup.reduce((sum, id) => sum + table.current(id), 0),
      channel: id === NONE ? -1 : table.current(id),
      queue: table.queue?.counts().waiting ?? 0,
    },
  };
}
