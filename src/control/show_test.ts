import assert from "node:assert/strict";
import { Groups } from "../groups/groups.ts";
import { Queue } from "../table/queue/queue.ts";
import { Table } from "../table/table.ts";
import { serviceLines, showTable } from "./show.ts";
import type { ChannelSnapshot } from "../groups/snapshot.ts";

const CHANNEL: ChannelSnapshot = {
  channel: 0,
  enabled: true,
  disabledBy: [],
  host: "name",
  address: "127.0.0.1",
  port: 18101,
  current: 0,
  maxc: 0,
  total: 5n,
  failed: 0n,
  sent: 0n,
  rcvd: 0n,
  failing: false,
  drainingSince: null,
  weight: 1,
  name: null,
  ...{ proxy: null, check: null, checkPort: null, checkHost: null },
};

Deno.test("the table has the manual's columns", () => {
  const channels = [CHANNEL, { ...CHANNEL, channel: 1, port: 18102, total: 2n }];
  const hash = [{ ...CHANNEL, channel: 2, port: 18102, total: 0n, enabled: false, disabledBy: ["operator"] as const }];
  assert.deepEqual(showTable([{ group: 0, type: "RR", channels }, { group: 0, type: "Hash", channels: hash }]), [
    "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd",
    "  0   RR  0 ENA        127.0.0.1 18101    0           5    0           0           0",
    "  0   RR  1 ENA        127.0.0.1 18102    0           2    0           0           0",
    "  0 Hash  2 dis        127.0.0.1 18102    0           0    0           0           0",
  ]);
});

Deno.test("groups that are not for all clients say so below the table", () => {
  const channels = [CHANNEL], conditions = { sni: ["a.example", "*.b.example"], proto: ["tls"] } as const;
  const groups = [{ group: 0, type: "RR", channels, conditions }, { group: 1, type: "RR", channels }];
  const odd = { group: 7, type: "RR", channels, conditions: { from: "@my\x1blist" } };
  assert.deepEqual(showTable([...groups, odd]).slice(4), [
    "group 0 for clients with sni=a.example,*.b.example proto=tls",
    "group 7 for clients with from=@my\\x1blist",
  ]);
});

Deno.test("long values widen their own cells and no others", () => {
  const channel = {
    ...CHANNEL,
    channel: 63,
    address: "2001:db8:1111:2222:3333:4444:5555:6666",
    port: 1,
    current: 12345,
    total: 123456789012n,
    maxc: 2147483647,
    sent: 2n ** 64n,
    rcvd: 7n,
  };
  assert.equal(
    showTable([{ group: 31, type: "Longest", channels: [channel] }])[1],
    " 31 Longest 63 ENA 2001:db8:1111:2222:3333:4444:5555:6666     1 12345 123456789012 2147483647 " +
      "18446744073709551616           7",
  );
});

Deno.test("a channel is down or drained only if nothing else keeps it from getting connections", () => {
  const states = ([
    [],
    ["operator"],
    ["down"],
    ["drain"],
    ["weight"],
    ["weight", "drain"],
    ["weight", "down"],
    ["operator", "drain"],
    ["maintenance"],
  ] as const).map((disabledBy) => {
    const channel = { ...CHANNEL, enabled: disabledBy.length === 0, disabledBy };
    return showTable([{ group: 0, type: "RR", channels: [channel] }])[1].slice(12, 15);
  });
  assert.deepEqual(states, ["ENA", "dis", "dwn", "drn", "drn", "drn", "dis", "dis", "dis"]);
});

Deno.test("a channel with the client's port has `*` there, and one without an address says why", () => {
  const channels = [
    { ...CHANNEL, port: 0, total: 0n },
    { ...CHANNEL, channel: 1, enabled: false, disabledBy: ["unresolved"] as const, address: "", port: 80, total: 0n },
  ];
  assert.deepEqual(showTable([{ group: 0, type: "RR", channels }]).slice(1), [
    "  0   RR  0 ENA        127.0.0.1     *    0           0    0           0           0",
    "  0   RR  1 dis       unresolved    80    0           0    0           0           0",
  ]);
});

Deno.test("below a service's table is a line about clients that waited, once there are some", () => {
  const table = Table.create(), groups = new Groups(table);
  table.addChannel(0, { host: "127.0.0.1", port: 1 }, 1);
  const before = serviceLines({ groups }), queue = Queue.attach(Queue.memory(), table, 0, () => {});
  assert.deepEqual(serviceLines({ groups }), before);
  table.reserve(0);
  const wanted = { groups: 1, own: new Uint8Array(32), wary: false };
  const tickets = [1, 2, 3, 4].map((key) => queue.join(key, wanted, 9)!);
  queue.leave(tickets[0], "served");
  queue.leave(tickets[1], "left");
  queue.leave(tickets[2], "timed out");
  assert.deepEqual(serviceLines({ groups }).slice(2), ["queue: 1 waiting, 1 served, 1 timed out, 1 left"]);
});
