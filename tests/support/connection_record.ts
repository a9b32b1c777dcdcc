import { parseHost } from "../../src/table/address.ts";
import { NONE } from "../../src/table/channel_id.ts";
import type { ConnectionRecord } from "../../src/table/records/connection_record.ts";

/** A record as it comes from the rings: of a client that ended well, and had no channel unless one is given. */
export function connectionRecord(more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    id: 1,
    service: 1,
    accepted: 1000,
    queueMs: -1,
    connectMs: -1,
    firstByteMs: -1,
    durationMs: 5,
    up: 0,
    down: 0,
    channel: NONE,
    incarnation: 0,
    end: "closed",
    by: "client",
    detail: 0,
    client: { address: parseHost("192.0.2.1").bytes, port: 5000 },
    peer: undefined,
    localPort: 443,
    sni: undefined,
    attempts: [],
    attemptCount: 0,
    now: { service: 1, group: 0, channel: 0, queue: 0 },
    ...more,
  };
}
