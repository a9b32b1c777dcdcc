/// <reference lib="deno.worker" />
import { BY, END } from "../../src/table/records/ends.ts";
import { RecordRings } from "../../src/table/records/record_rings.ts";
import { Statistics } from "../../src/table/statistics/statistics.ts";
import { RESULT } from "../../src/table/records/results.ts";

/** What a thread is to do. */
export interface RecordTask {
  readonly lane: number;
  readonly rings: SharedArrayBuffer;
  readonly statistics: SharedArrayBuffer;
  /** Records to be written. */
  readonly count: number;
  /** A word that becomes 1 when all may begin. */
  readonly go: SharedArrayBuffer;
}

/** What a thread says. */
export type RecordMessage = { readonly type: "ready" } | { readonly type: "waiting" } | { readonly type: "done" };

/** The channel of all connections. */
export const CHANNEL = 130;

function post(message: RecordMessage): void {
  self.postMessage(message);
}

self.onmessage = ({ data }: MessageEvent<RecordTask>) => {
  const { lane, count, go } = data, ring = RecordRings.attach(data.rings).ring(lane);
  const statistics = Statistics.attach(data.statistics).lane(lane), address = new Uint8Array(16);
  post({ type: "ready" });
  Atomics.wait(new Int32Array(go), 0, 0);
  for (let i = 0; i < count; i++) {
    const id = ring.nextId();
    statistics.accepted([1000]);
    statistics.connected(CHANNEL, { connectMs: 5, queueMs: -1 });
    // The last of each thread is a failure, all before that are followed by a success.
    statistics.attemptFailed(CHANNEL, RESULT.REFUSED, 111, 1000);
    statistics.ended(CHANNEL, END.IDLE, BY.BALANCE, 7, 2, 10, 20, 1000);
    const fields = ring.begin();
    if (fields === undefined) continue;
    // Every field comes from the id, so that a mixture of two records shows.
    address.fill(id % 251);
    fields.connection(id, id + 1, id + 2, id % 65_536);
    fields.client(address, (id + 1) % 65_536);
    fields.times(id + 3, id + 4, id + 5, id + 6);
    fields.bytes(id + 7, id + 8);
    fields.channel(id % 4096, id % 1000);
    fields.end(END.IDLE, BY.BALANCE, id % 200);
    fields.now(id, id + 1, id + 2, id + 3);
    fields.attempt(0, id % 4096, RESULT.TIMEOUT, id % 100, id);
    fields.sni(`name-${id}`);
    if (ring.commit()) post({ type: "waiting" });
  }
  post({ type: "done" });
};
