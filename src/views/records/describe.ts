import type { Groups } from "../../groups/groups.ts";
import type { AttemptState, RecordState } from "../../state/record_state.ts";
import { type Address, formatAddress, formatHost } from "../../table/address.ts";
import { type ChannelId, groupOf, NONE } from "../../table/channel_id.ts";
import type { ConnectionRecord, RecordedAttempt, RecordedEndpoint } from "../../table/records/connection_record.ts";
import { connectionId } from "../../table/records/connection_id.ts";
import type { Table } from "../../table/table.ts";
import { attemptReason } from "../../table/records/attempt_reason.ts";
import { endReason } from "./reasons.ts";

export { connectionId, parseConnectionId } from "../../table/records/connection_id.ts";

/** The service that a connection came to. */
export interface DescribedService {
  readonly name: string;
  readonly groups: Groups;
}

/** What of a connection's channel is known now. */
type ChannelPart = Pick<RecordState, "group" | "channel" | "name" | "address">;

/**
 * When a record's connection ended, in whole milliseconds since 1970.
 *
 * @param now this moment, by the engine's clock (ms)
 * @param wall the same, in milliseconds since 1970
 */
export function endedAt({ accepted, durationMs }: ConnectionRecord, now: number, wall = Date.now()): number {
  return Math.floor(wall - Math.max(0, now - accepted - durationMs));
}

/**
 * What operators are told about a connection that has ended. Its channels are named as they are now, so this is asked as
 * soon as it has ended.
 *
 * @param ended when that was, in whole milliseconds since 1970
 */
export function describeRecord(record: ConnectionRecord, service: DescribedService, ended: number): RecordState {
  const { groups } = service, { end, by, localPort, up, down, attemptCount } = record, id = record.channel;
  const removed = id !== NONE && groups.table.incarnation(id) !== record.incarnation;
  const { group, channel, name, address } = channelPart(groups, id, removed, localPort);
  const attempts = record.attempts.map((attempt) =>
    attemptState(attempt, groups.table, removed && attempt.channel === id, localPort)
  );
  const { service: inService, group: inGroup, channel: onChannel, queue } = record.now;
  // Fields that are copied from one object into another take longer than all the rest.
  return {
    id: connectionId(record.id),
    time: isoTime(ended),
    service: service.name,
    client: endpointText(record.client),
    peer: record.peer === undefined ? null : endpointText(record.peer),
    port: localPort,
    sni: record.sni ?? null,
    group,
    channel,
    name,
    address,
    attempts,
    attemptCount,
    queueMs: timeOrNull(record.queueMs),
    connectMs: timeOrNull(record.connectMs),
    firstByteMs: timeOrNull(record.firstByteMs),
    durationMs: milliseconds(record.durationMs),
    up,
    down,
    end,
    by,
    reason: endReason(end, by, record.detail),
    now: { service: inService, group: inGroup, channel: onChannel, queue },
  };
}

/** The last second of which the text was made: that takes longer than the rest of a line. */
let second = NaN, secondText = "";

/** A time in milliseconds since 1970 as ISO 8601 in UTC. */
export function isoTime(time: number): string {
  const whole = Math.floor(time / 1000), rest = Math.floor(time - 1000 * whole);
  if (whole !== second) {
    secondText = new Date(1000 * whole).toISOString().slice(0, -4);
    second = whole;
  }
  return `${secondText}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
}

/** The channel of a connection. @param removed whether another one has its row by now */
export function channelPart(groups: Groups, id: ChannelId, removed: boolean, localPort: number): ChannelPart {
  if (id === NONE) return { group: null, channel: null, address: null };
  const { table } = groups, group = groupOf(id), channel = removed ? NONE : table.numberOf(id);
  if (channel === NONE) return { group, channel: null, name: "removed", address: null };
  const name = groups.values.get(id)?.name, address = channelAddress(table.address(id), localPort);
  return name === undefined ? { group, channel, address } : { group, channel, name, address };
}

/** Address and port of one side of a connection. */
export function endpointText({ address, port }: RecordedEndpoint): string {
  return formatAddress({ host: formatHost(address), port });
}

function attemptState(
  { channel: id, result, errno, ms }: RecordedAttempt,
  table: Table,
  removed: boolean,
  localPort: number,
): AttemptState {
  const number = removed ? NONE : table.numberOf(id), channel = number === NONE ? null : number;
  const address = channel === null ? "" : channelAddress(table.address(id), localPort);
  return { group: groupOf(id), channel, address, result, reason: attemptReason(result, errno), ms: milliseconds(ms) };
}

/** Where a channel's connection went: port 0 stands for the one that the client came to. */
function channelAddress(address: Address, localPort: number): string {
  return formatAddress(address.port === 0 ? { host: address.host, port: localPort } : address);
}

/** A time of a record, -1 if there was none. */
export function timeOrNull(ms: number): number | null {
  return ms < 0 ? null : milliseconds(ms);
}

/** Milliseconds to the microsecond, which is more than a line needs. */
export function milliseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
