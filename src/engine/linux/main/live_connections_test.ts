import assert from "node:assert/strict";
import { parseHost } from "../../../table/address.ts";
import { NONE } from "../../../table/channel_id.ts";
import { ROLE } from "../shared/live_roles.ts";
import { LiveRows } from "../shared/live_rows.ts";
import { LiveConnections } from "./live_connections.ts";

const HOST = parseHost("192.0.2.1").bytes;

/** What main sees, and what a thread writes; both threads have every other descriptor. */
function setUp() {
  const owners = new SharedArrayBuffer(64), main = new LiveConnections(owners);
  const own = new Uint8Array(owners);
  for (let fd = 0; fd < own.length; fd++) own[fd] = 1 + fd % 2;
  const thread = LiveRows.attach(main.rows.buffer);
  const accept = (client: number, service: number, id = client * 100) =>
    thread.begin(client, [id, 1000], service, ROLE.WAITING, HOST, 1234, 80);
  const establish = (client: number, service: number, channel: number, since: number) => {
    accept(client, service);
    thread.connects(client, client + 20, channel, -1);
    thread.establish(client, client + 20, { connectMs: 2 }, [since]);
  };
  return { main, own, thread, accept, establish };
}

Deno.test("established connections are found by service and channel, the oldest first", () => {
  const { main, own, thread, establish, accept } = setUp();
  establish(7, 1, 0, 1300);
  establish(9, 1, 0, 1100);
  establish(11, 1, 1, 1050);
  establish(13, 2, 0, 1050);
  establish(15, 1, 0, 1200);
  accept(17, 1);
  thread.connects(17, 37, 0, -1);
  own[15] = 0;
  const fds = () => main.with(1, 0).map(({ fd, id }) => [fd, id]);
  assert.deepEqual(fds(), [[9, 900], [7, 700]]);
  thread.over(7);
  thread.remains(7, 27);
  thread.end(7);
  assert.deepEqual(fds(), [[9, 900], [27, 700]]);
  thread.end(9);
  assert.deepEqual(fds(), [[27, 700]]);
});

Deno.test("open connections are those in any stage that have not ended", () => {
  const { main, thread, establish, accept } = setUp();
  establish(3, 1, 5, 1010);
  accept(4, 1);
  accept(5, 1);
  thread.connects(5, 25, 6, 40);
  thread.begin(6, [600, 1000], 1, ROLE.GREETING, HOST, 1234, 80);
  accept(7, 2);
  establish(8, 1, 5, 1020);
  thread.over(8);
  thread.sent(23, 10);
  thread.rcvd(23, 20);
  thread.firstByte(3, 23, [1013], new Float64Array(1));
  const client = { address: HOST, port: 1234 }, accepted = 1000, localPort = 80;
  const none = { channel: NONE, connected: -1, queueMs: -1, connectMs: -1, firstByteMs: -1, up: 0, down: 0 };
  const open = [...main.open(1)];
  assert.deepEqual(open[0], {
    id: 300,
    stage: "established",
    client,
    localPort,
    accepted,
    channel: 5,
    connected: 1010,
    queueMs: -1,
    connectMs: 2,
    firstByteMs: 3,
    up: 10,
    down: 20,
  });
  assert.deepEqual(open[1], { id: 400, stage: "waiting", client, localPort, accepted, ...none });
  assert.deepEqual([open[2].stage, open[2].channel, open[2].connected], ["connecting", 6, -1]);
  assert.ok(Math.abs(open[2].queueMs - 40) < 0.02);
  assert.deepEqual(open[3], { id: 600, stage: "greeting", client, localPort, accepted, ...none });
  assert.equal(open.length, 4);
});

Deno.test("connections that begin and end between two steps of a reader are seen as they then are", () => {
  const { main, accept, thread } = setUp();
  for (const client of [3, 5, 9]) accept(client, 1);
  const reader = main.open(1)[Symbol.iterator]();
  assert.equal(reader.next().value.id, 300);
  thread.end(5);
  accept(7, 1);
  accept(9, 1, 901);
  assert.deepEqual([reader.next().value.id, reader.next().value.id, reader.next().done], [700, 901, true]);
});

Deno.test("connections are found by their ids, and those of a thread by its number", () => {
  const { main, accept, thread } = setUp();
  for (const client of [3, 4, 5]) accept(client, 1);
  accept(6, 2);
  thread.over(5);
  assert.deepEqual(main.find(1, new Set([400, 500, 600, 999])), [{ fd: 4, id: 400 }]);
  assert.deepEqual([...main.ofThread(0)], [4, 6]);
  assert.deepEqual([...main.ofThread(1)], [3]);
});

Deno.test("the oldest connections are those of one look for all services, and of a new one afterwards", async () => {
  const { main, thread, establish, accept } = setUp(), oldest = () => [1, 2, 3].map((id) => [...main.oldest(id)]);
  establish(3, 1, 5, 1010);
  thread.begin(5, [500, 900], 1, ROLE.WAITING, HOST, 1234, 80);
  thread.connects(5, 25, 5, -1);
  establish(7, 2, 6, 1020);
  accept(9, 2);
  const before = [[[5, 900]], [[6, 1000]], []];
  assert.deepEqual(oldest(), before);
  thread.end(5);
  assert.deepEqual(oldest(), before);
  await Promise.resolve();
  assert.deepEqual(oldest(), [[[5, 1000]], [[6, 1000]], []]);
});
