import assert from "node:assert/strict";
import { channelId, NONE } from "../table/channel_id.ts";
import { balancerEvent } from "./events.ts";

const address = { host: "127.0.0.1", port: 80 };

Deno.test("an event names its channel by group and number", () => {
  assert.deepEqual(balancerEvent({ type: "channel-failing", channel: channelId(31, 63), address, reason: "refused" }), {
    type: "channel-failing",
    group: 31,
    channel: 63,
    address,
    reason: "refused",
  });
  assert.deepEqual(balancerEvent({ type: "channel-back", channel: 0, address }), {
    type: "channel-back",
    group: 0,
    channel: 0,
    address,
  });
});

Deno.test("an event about no channel names none", () => {
  assert.deepEqual(balancerEvent({ type: "trace", client: "[::1]:5", channel: NONE, step: "no usable channel" }), {
    type: "trace",
    client: "[::1]:5",
    step: "no usable channel",
  });
  assert.deepEqual(balancerEvent({ type: "turned-away" }), { type: "turned-away" });
});
