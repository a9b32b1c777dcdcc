import assert from "node:assert/strict";
import { quietPlane } from "../../tests/support/control_plane.ts";
import type { ChannelHealth } from "../groups/snapshot.ts";
import { DisabledBy } from "../table/table.ts";
import { healthTable } from "./show_health.ts";

const UP: ChannelHealth = {
  ...{ state: "up", flapping: false, counter: 4, rise: 2, fall: 3, since: 59 },
  stateSince: "2026-01-01T00:00:00.000Z",
  last: { result: "L4OK", reason: "", took: 0.25, age: 1 },
};

/** The table of two channels of which these things are known. */
function tableOf(
  ...known: (ChannelHealth | undefined)[]
): { lines: string[]; groups: ReturnType<typeof quietPlane>["groups"] } {
  const { groups } = quietPlane();
  groups.healthOf = (id) => known[id];
  for (const [id, health] of known.entries()) if (health?.state === "down") groups.table.disable(id, DisabledBy.DOWN);
  return { groups, lines: healthTable(groups.snapshot()) };
}

Deno.test("show health has a line for each channel: what it can bear, since when, and the last result", () => {
  const { lines } = tableOf(UP, {
    ...{ ...UP, state: "down", flapping: true, counter: 1, since: 7_300 },
    last: { result: "L4CON", reason: "connection refused", took: null, age: 61 },
  });
  assert.deepEqual(lines.slice(0, 3), [
    "GRP # channel        state          count since result     ms ago reason",
    "  0 0 127.0.0.1:8001 up               3/3   59s L4OK      0.3  1s",
    "  0 1 127.0.0.1:8002 down, flapping   1/2    2h L4CON  client  1m connection refused",
  ]);
});

Deno.test("show health tells channels that are not checked, not yet, or enabled in spite of their checks", () => {
  const { groups, lines } = tableOf(undefined, { ...UP, state: "unknown", counter: 2, last: null });
  assert.deepEqual(lines.slice(1, 3), [
    "  0 0 127.0.0.1:8001 not checked",
    "  0 1 127.0.0.1:8002 unknown       1/3   59s",
  ]);
  groups.healthOf = () => ({ ...UP, state: "down", counter: 0, last: null });
  groups.enable(0, 0);
  assert.match(healthTable(groups.snapshot())[1], /127\.0\.0\.1:8001 down, enabled +0\/2 +59s$/);
});

Deno.test("neither a host nor a reason can forge a line of show health", () => {
  const { groups } = tableOf(), last = { ...UP.last!, reason: "a\nb\x1b[31m" };
  groups.names.set(0, "web\n1");
  groups.healthOf = () => ({ ...UP, last });
  const [, line] = healthTable(groups.snapshot());
  assert.match(line, / web\\x0a1:8001 .* a\\x0ab\\x1b\[31m$/);
});
