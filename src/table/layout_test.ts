import assert from "node:assert/strict";
import { channelId, groupOf, rowOf } from "./channel_id.ts";
import {
  BASE,
  CHANNEL,
  CHANNELS,
  COUNT,
  DISABLED_SINCE,
  GROUP,
  OFFSET,
  ORDERS,
  SCHEDULES,
  tableBytes,
} from "./layout.ts";
import { MAX_CHANNELS, MAX_GROUPS, MAX_LANES, ROWS } from "./limits.ts";

Deno.test("a table holds at least 32 groups of 64 channels", () => {
  assert.ok(MAX_GROUPS >= 32 && MAX_CHANNELS >= 64);
  assert.equal(CHANNELS, MAX_GROUPS * ROWS);
  assert.ok(ROWS >= 2 * MAX_CHANNELS && ROWS % 32 === 0);
});

Deno.test("the sections follow each other without overlap, each on its own cache line", () => {
  const sections = [
    [OFFSET.groups, MAX_GROUPS * GROUP.WORDS * 4],
    [OFFSET.orders, MAX_GROUPS * ORDERS.BYTES],
    [OFFSET.channels, CHANNELS * CHANNEL.WORDS * 4],
    [OFFSET.bases, CHANNELS * BASE.WORDS * 8],
    [OFFSET.schedules, MAX_GROUPS * SCHEDULES.BYTES],
    [OFFSET.disabledSince, DISABLED_SINCE.BYTES],
    [OFFSET.lanes, MAX_LANES * OFFSET.laneBytes],
  ];
  let end = 0;
  for (const [start, bytes] of sections) {
    assert.ok(start >= end);
    assert.equal(start % 64, 0);
    end = start + bytes;
  }
  assert.ok(end <= tableBytes(MAX_LANES));
  assert.equal(OFFSET.laneBytes % 64, 0);
  assert.ok(OFFSET.held >= CHANNELS * COUNT.DOUBLES * 8);
  assert.ok(OFFSET.held + CHANNELS * 4 <= OFFSET.laneBytes);
});

Deno.test("the fields of a row lie inside the row and do not overlap", () => {
  const { WORDS: groupWords, ...groupFields } = GROUP, { WORDS: channelWords, ADDRESS, ...channelFields } = CHANNEL;
  const rows = Array.from({ length: ROWS / 32 }, (_, word) => GROUP.ENABLED + word);
  const down = rows.map((_, word) => GROUP.DOWN + word);
  assertDistinct([...Object.values(groupFields), ...rows.slice(1), GROUP.TURNS + 1, ...down.slice(1)], groupWords);
  assertDistinct([...Object.values(channelFields), ADDRESS, ADDRESS + 1, ADDRESS + 2, ADDRESS + 3], channelWords);
  const { DOUBLES, TOTAL, FAILED, SENT, RCVD } = COUNT;
  assertDistinct([TOTAL, FAILED, SENT, SENT + 1, RCVD, RCVD + 1], DOUBLES);
});

Deno.test("a number of lanes out of range is refused", () => {
  for (const lanes of [0, -1, 1.5, NaN, MAX_LANES + 1]) {
    assert.throws(() => tableBytes(lanes), { name: "RangeError", message: /lanes/ });
  }
});

Deno.test("a channel's id tells its group and its row", () => {
  const seen = new Set<number>();
  for (let group = 0; group < MAX_GROUPS; group++) {
    for (let row = 0; row < ROWS; row++) {
      const id = channelId(group, row);
      assert.deepEqual([groupOf(id), rowOf(id)], [group, row]);
      seen.add(id);
    }
  }
  assert.equal(seen.size, CHANNELS);
  assert.equal(Math.max(...seen), CHANNELS - 1);
});

function assertDistinct(places: readonly number[], size: number): void {
  assert.equal(new Set(places).size, places.length);
  assert.ok(places.every((place) => place >= 0 && place < size));
}
