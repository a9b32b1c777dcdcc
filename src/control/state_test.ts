/** The shape of `show json` and `services json`, which programs rely on. Keys may be added here, never removed. */
import assert from "node:assert/strict";
import type {
  ChannelState,
  ConditionsState,
  GroupConditions,
  GroupState,
  InstanceState,
  InstanceSummary,
  ResolutionState,
  ServiceActivityState,
} from "../../mod.ts";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import { NetworksBuilder } from "../access/networks_builder.ts";
import type { GroupReport } from "../groups/report.ts";
import type { Session } from "./command.ts";
import { Queue } from "../table/queue/queue.ts";
import { execute } from "./commands.ts";
import { readSummary } from "./read_summary.ts";

const CHANNEL: Record<Exclude<keyof ChannelState, "health" | "resolution">, unknown> = {
  ...{ channel: "number", enabled: "boolean", disabledBy: ["string"], host: "string", address: "string" },
  ...{ port: "number", current: "number", maxc: "number", total: "number", failed: "number", sent: "number" },
  ...{ rcvd: "number", failing: "boolean", weight: "number", name: "null", drainingSince: "null" },
  ...{ rate: "number", times: { connect: "null", firstByte: "null" }, oldest: "null", lastError: "null" },
  ...{
    failingSince: "null",
    failuresInARow: "number",
    unanswered: "number",
    unansweredSince: "null",
    disabledSince: "string",
  },
  ...{ state: "string", level: "string" },
  troubles: [{ word: "string", level: "string", what: "string", reason: "string", since: "string", at: "null" }],
  ...{ proxy: "null", check: "null", checkPort: "null", checkHost: "null" },
};
const ACTIVITY: Record<keyof ServiceActivityState, unknown> = {
  ...{ rate: "number", ended: {}, lastMinute: { connections: ["number"], failures: ["number"] } },
};
const RESOLUTION: Record<keyof ResolutionState, unknown> = {
  ...{ name: "string", source: "string", ttl: "number", asked: "string", stale: "null" },
};
const GROUPS = [{ group: "number", type: "string", channels: [CHANNEL] }];
const PROCESS = {
  ...{ version: "string", pid: "number", engine: "string", engineReason: "string", threads: "number" },
  ...{ started: "string", uptime: "number", connections: "number", config: "null" },
  log: { target: "string", problem: "null", lost: "number" },
};
const SERVICE = {
  ...{ name: "string", addresses: ["string"], ports: [{ first: "number", last: "number" }], connections: "number" },
};

/** A value with the names of types in place of what it holds; a list by its first item. */
function shape(value: unknown): unknown {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

function process() {
  const plane = quietPlane(), session: Session = { group: 0 };
  plane.groups.disable(0, 0);
  const ask = async (line: string) => JSON.parse((await execute(line, session, plane)).lines[0]);
  return { plane, session, ask };
}

Deno.test("show json has the shape that the library documents", async () => {
  const { ask } = process(), state: InstanceState = await ask("show json");
  assert.deepEqual(shape(state), {
    ...PROCESS,
    ...{ service: "string", address: "string", port: "number", groups: GROUPS },
    services: [{ ...SERVICE, ...ACTIVITY, groups: GROUPS }],
  });
  assert.deepEqual(state.groups, state.services[0].groups);
});

Deno.test("a channel whose health is checked has what the library documents besides", async () => {
  const { plane, ask } = process();
  plane.groups.healthOf = () => ({
    ...{ state: "down", flapping: false, counter: 1, rise: 2, fall: 3, since: 4 },
    stateSince: "2026-01-01T00:00:00.000Z",
    last: { result: "L4CON", reason: "connection refused", took: 0.5, age: 1 },
  });
  const { groups: [{ channels: [{ health }] }] }: InstanceState = await ask("show json");
  const wanted: Record<keyof NonNullable<ChannelState["health"]>, unknown> = {
    ...{ state: "string", flapping: "boolean", counter: "number", rise: "number", fall: "number", since: "number" },
    stateSince: "string",
    last: { result: "string", reason: "string", took: "number", age: "number" },
  };
  assert.deepEqual(shape(health), wanted);
});

Deno.test("a group that is not for all clients says for whom it is", async () => {
  const { plane: { groups }, ask } = process(),
    all: Required<ConditionsState> = {
      ...{ sni: ["a.example", "*.b.example"], alpn: ["h2"], from: "10.0.0.0/8,@lan", proto: ["tls", "none"] },
      port: [{ first: 80, last: 80 }, { first: 8000, last: 8010 }],
    };
  groups.conditions.learn(new Map([[all.from, new NetworksBuilder().build()]]));
  groups.table.setCondition(0, groups.conditions.of(all as GroupConditions));
  const { groups: [{ conditions }] }: InstanceState = await ask("show json");
  assert.deepEqual(conditions, all);
  groups.table.setCondition(0, 0);
  assert.ok(!("conditions" in (await ask("show json")).groups[0]));
});

Deno.test("a service whose clients may wait has their numbers", async () => {
  const { plane, ask } = process(), { table } = plane.groups;
  Queue.attach(Queue.memory(), table, 0, () => {}).limit = 9;
  table.queue!.join(1, { groups: 1, own: new Uint8Array(32), wary: false }, 9);
  const queue = { waiting: 1, waited: 0, timedOut: 0, left: 0, limit: 9 };
  const { services: [service] }: InstanceState = await ask("show json");
  assert.deepEqual(service.queue, queue);
  assert.deepEqual((await ask("services json") as InstanceSummary).services[0].queue, queue);
});

Deno.test("a channel whose name is followed says in show json what is known about it", async () => {
  const { plane, ask } = process(), known = { name: "web", source: "dns", ttl: 5, asked: "2026-01-01T00:00:00.000Z" };
  plane.groups.resolutionOf = (_, channel) => channel === 1 ? { ...known, stale: null } : undefined;
  const { groups: [{ channels }] }: InstanceState = await ask("show json");
  assert.deepEqual(channels.map((channel) => "resolution" in channel), [false, true]);
  assert.deepEqual(shape(channels[1].resolution), RESOLUTION);
});

Deno.test("services json has the shape that the library documents", async () => {
  const { ask } = process(), summary: InstanceSummary = await ask("services json");
  assert.deepEqual(shape(summary), {
    ...PROCESS,
    service: "string",
    services: [{
      ...SERVICE,
      ...{ channels: "number", enabled: "number", failing: "number" },
      groups: [{ group: "number", channels: "number", names: [] }],
    }],
  });
  assert.deepEqual(summary.services[0].groups, [{ group: 0, channels: 2, names: [] }]);
  assert.deepEqual([summary.services[0].channels, summary.services[0].enabled], [2, 1]);
});

Deno.test("what concerns one service is that of the session's, and null where it is gone", async () => {
  const { plane, session, ask } = process();
  plane.services.push(quietService("mail", undefined, { ports: [{ first: 25, last: 26 }], addresses: ["::1", "::2"] }));
  const before: InstanceState = await ask("show json");
  assert.deepEqual([before.service, before.address, before.port], ["8080", "0.0.0.0", 8080]);
  session.service = "mail";
  const mail: InstanceState = await ask("show json");
  assert.deepEqual([mail.service, mail.address, mail.port, mail.groups], ["mail", "::1", 25, []]);
  plane.services.pop();
  const gone: InstanceState = await ask("show json");
  assert.deepEqual([gone.service, gone.address, gone.port, gone.groups], [null, null, null, []]);
  assert.equal((await ask("services json") as InstanceSummary).service, null);
});

Deno.test("services json has the names of channels, which an older version has not", async () => {
  const { plane, ask } = process();
  plane.groups.add(3, { host: "a", address: { host: "10.0.0.1", port: 80 }, name: "spare" });
  const summary: InstanceSummary = await ask("services json");
  assert.deepEqual(summary.services[0].groups[1], { group: 3, channels: 1, names: ["spare"] });
  assert.deepEqual(readSummary(JSON.stringify(summary)).services, summary.services);
  const old = JSON.stringify(summary).replaceAll(/,"names":\[[^\]]*\]/g, "");
  assert.deepEqual(readSummary(old).services[0].groups[1], { group: 3, channels: 1, names: [] });
});

Deno.test("the client takes nothing else for a summary", () => {
  const good = { pid: 1, uptime: 2, connections: 3, config: null, service: "web", services: [] };
  assert.deepEqual(readSummary(JSON.stringify({ ...good, more: "new" })), good);
  const wrong: unknown[] = [null, [], 7, "x", {}, { ...good, pid: -1 }, { ...good, uptime: "\x1b" }, {
    ...good,
    config: 7,
  }];
  wrong.push({ ...good, services: {} }, { ...good, services: [{ name: 7 }] }, { ...good, services: [null] });
  for (const value of wrong) {
    const message = "Cannot read state: it does not answer as balance does";
    assert.throws(() => readSummary(JSON.stringify(value)), { message }, JSON.stringify(value));
  }
  assert.throws(() => readSummary("{"));
});

/** What a value is after it was JSON text. */
type Parsed<T> = T extends bigint ? number
  : T extends readonly (infer Item)[] ? readonly Parsed<Item>[]
  : T extends object ? { [Key in keyof T]: Parsed<T[Key]> }
  : T;

/** Whoever adds to a snapshot adds to the documented type: this fails to compile otherwise. */
const documented = (group: Parsed<GroupReport>): GroupState => group;
const complete: Record<Exclude<keyof GroupReport["channels"][number], "health" | "resolution">, unknown> = CHANNEL;

Deno.test("everything in a snapshot is documented", () => {
  assert.equal(documented.length, 1);
  assert.equal(complete, CHANNEL);
});
