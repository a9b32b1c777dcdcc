import assert from "node:assert/strict";
import { channelId, NONE } from "../table/channel_id.ts";
import { Table } from "../table/table.ts";
import { balancerEvent } from "./events.ts";

const address = { host: "127.0.0.1", port: 80 };

/** A table whose groups 0 and 31 have 64 channels each. */
function withChannels(): Table {
  const table = Table.create();
  for (const group of [0, 31]) table.rearrange(group, Array.from({ length: 64 }, () => ({ address })));
  return table;
}

Deno.test("an event names its channel by group and number", () => {
  const table = withChannels(), channel = channelId(31, 63);
  assert.deepEqual(
    balancerEvent({ type: "channel-failing", channel, address, reason: "refused", result: "refused" }, table),
    {
      type: "channel-failing",
      group: 31,
      channel: 63,
      address,
      reason: "refused",
      result: "refused",
    },
  );
  assert.deepEqual(balancerEvent({ type: "channel-back", channel: 0, address }, table), {
    type: "channel-back",
    group: 0,
    channel: 0,
    address,
  });
});

Deno.test("an event about no channel names none", () => {
  const table = withChannels();
  assert.deepEqual(
    balancerEvent({ type: "trace", client: "[::1]:5", channel: NONE, step: "no usable channel" }, table),
    {
      type: "trace",
      client: "[::1]:5",
      step: "no usable channel",
    },
  );
  assert.deepEqual(balancerEvent({ type: "turned-away" }, table), { type: "turned-away" });
});

Deno.test("what is said about a removed channel is not reported, but the trace of its connections goes on", () => {
  const table = withChannels(), [removed, ...others] = table.channels(0);
  table.rearrange(0, others);
  const event = (channel: number) => balancerEvent({ type: "channel-back", channel, address }, table);
  assert.equal(event(removed), undefined);
  assert.deepEqual(event(others[0]), { type: "channel-back", group: 0, channel: 0, address });
  const trace = { type: "trace", client: "[::1]:5", step: "connected" } as const;
  assert.deepEqual(balancerEvent({ ...trace, channel: removed, address }, table), trace);
});
