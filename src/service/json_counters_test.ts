import assert from "node:assert/strict";
import { toJson } from "../control/json.ts";
import { Groups } from "../groups/groups.ts";
import { Table } from "../table/table.ts";
import { withJson } from "./json_counters.ts";

function snapshots(counters: object) {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "127.0.0.1", address: { host: "127.0.0.1", port: 80 } });
  const [group] = groups.snapshot();
  return [{ ...group, channels: [{ ...group.channels[0], ...counters }] }];
}

Deno.test("JSON.stringify accepts snapshots, and no counter loses a digit", () => {
  const counters = { total: 0n, failed: 2n ** 53n - 1n, sent: 2n ** 53n, rcvd: 12345678901234567890n };
  const [group] = JSON.parse(JSON.stringify(withJson(snapshots(counters))));
  assert.deepEqual(group, {
    group: 0,
    type: "RR",
    channels: [{
      channel: 0,
      enabled: true,
      disabledBy: [],
      host: "127.0.0.1",
      address: "127.0.0.1",
      port: 80,
      current: 0,
      maxc: 0,
      weight: 1,
      name: null,
      ...{ proxy: null, check: null, checkPort: null, checkHost: null },
      total: 0,
      failed: 9007199254740991,
      sent: "9007199254740992",
      rcvd: "12345678901234567890",
      failing: false,
      drainingSince: null,
    }],
  });
});

Deno.test("a snapshot's JSON method shows up nowhere else", () => {
  const plain = snapshots({}), made = withJson(snapshots({}));
  assert.deepEqual(made, plain);
  assert.deepEqual(structuredClone(made), plain);
  assert.deepEqual(Object.keys(made[0].channels[0]), Object.keys(plain[0].channels[0]));
});

Deno.test("`show json` has whole numbers of any size", () => {
  assert.match(toJson(snapshots({ sent: 2n ** 64n })), /"sent":18446744073709551616,/);
});
