import assert from "node:assert/strict";
import { Groups } from "../../groups/groups.ts";
import { Statistics } from "../../table/statistics/statistics.ts";
import { Table } from "../../table/table.ts";
import { Exposition, type MetricsText } from "./exposition.ts";
import type { Measured } from "./measured.ts";
import { Metrics } from "./metrics.ts";

const log = { target: "stderr", problem: null, lost: 3 };
const state = { engine: "linux", threads: 1, started: "2026-01-01T00:00:00.000Z", connections: 2, log };

function textOf({ chunks }: MetricsText): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk)).join("");
}

/** A process with a service, and what its metrics say. */
function subject() {
  const groups = new Groups(Table.create(1));
  groups.table.statistics = Statistics.create(1);
  const measured: Measured = {
    version: "1.2.3",
    services: [{ name: "web", connections: 2, groups }],
    describe: () => state,
  };
  const metrics = new Metrics(measured, () => ({ openDescriptors: 12 }));
  const add = (port: number, group = 0, name?: string) =>
    groups.idOf(group, groups.add(group, { host: "10.0.0.1", address: { host: "10.0.0.1", port }, name })!);
  const lines = (options = {}) => {
    const to = new Exposition("text");
    for (const _step of metrics.write(to, options));
    return textOf(to.finish()).split("\n");
  };
  /** The value of one series. */
  const value = (series: string) => lines().find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
  return { groups, add, lines, value, lane: groups.table.lane(0), statistics: groups.table.statistics.lane(0) };
}

Deno.test("channels are told apart by group, number, address and name", () => {
  const { groups, add, value } = subject();
  add(80, 0, "one");
  add(81, 3);
  groups.limit(3, 0, 7);
  const one = 'service="web",group="0",channel="0",address="10.0.0.1:80",name="one"';
  const other = 'service="web",group="3",channel="0",address="10.0.0.1:81"';
  assert.deepEqual(
    [value(`balance_channel_connections_limit{${one}}`), value(`balance_channel_connections_limit{${other}}`)],
    [undefined, "7"],
  );
  assert.deepEqual([value(`balance_channel_up{${one}}`), value(`balance_channel_weight{${other}}`)], ["1", "1"]);
});

Deno.test("a channel has one state, and its group counts them", () => {
  const { groups, add, lines, value } = subject();
  for (const port of [80, 81, 82, 83]) add(port);
  groups.disable(0, 1);
  groups.drain(0, 2);
  groups.weigh(0, 3, 0);
  const ones = lines().filter((line) => /^balance_channel_state\{.*\} 1$/.test(line));
  assert.deepEqual(ones.map((line) => /state="(\w+)"/.exec(line)![1]), ["enabled", "disabled", "drained", "drained"]);
  assert.equal(value('balance_group_channels{service="web",group="0",state="drained"}'), "2");
  groups.disable(0, 0);
  assert.equal(value('balance_service_ready{service="web"}'), "0");
});

Deno.test("a reset, an uncounted connection and a removed channel take nothing back", () => {
  const { groups, add, value, lane } = subject(), id = add(80), series = 'service="web",group="0"';
  const channel = `balance_channel_connections_total{${series},channel="0",address="10.0.0.1:80"}`;
  lane.taken(id);
  lane.taken(id);
  lane.sent(id, 100);
  assert.equal(value(channel), "2");
  lane.untried(id);
  groups.reset(0, 0);
  assert.equal(value(channel), "2");
  lane.taken(id);
  lane.taken(id);
  assert.equal(value(channel), "3");
  groups.table.rearrange(0, [{ address: { host: "10.0.0.2", port: 80 } }]);
  assert.equal(value(channel), undefined);
  assert.equal(value(`balance_group_connections_total{${series}}`), "3");
  assert.equal(value(`balance_group_sent_bytes_total{${series}}`), "100");
});

Deno.test("how connections ended and failed is counted by reason", () => {
  const { add, value, lane, statistics } = subject(),
    id = add(80),
    end = 'balance_service_ended_total{service="web",end=';
  statistics.connected(id, { connectMs: 2, queueMs: 40 });
  statistics.ended(id, 0, 0, 1000, 990, 10, 20, 5);
  statistics.ended(-1, 6, 1, 5, -1, 0, 0, 5);
  lane.failed(id);
  statistics.attemptFailed(id, 1, 111, 5);
  assert.deepEqual([value(`${end}"closed"}`), value(`${end}"refused"}`), value(`${end}"idle"}`)], ["1", "1", "0"]);
  // Two that are there, and two that have ended.
  assert.equal(value('balance_service_connections_total{service="web"}'), "4");
  const group = 'service="web",group="0"', errors = `${group},channel="0",address="10.0.0.1:80",reason="refused"`;
  assert.equal(value(`balance_channel_connect_errors_total{${errors}}`), "1");
  assert.equal(value(`balance_group_queue_seconds_sum{${group}}`), "0.04");
  assert.equal(value(`balance_group_session_received_bytes_count{${group}}`), "1");
});

Deno.test("a channel says how many connections in a row it has not answered, once its group has ever answered", () => {
  const { add, value, statistics } = subject(), id = add(80), other = add(81);
  const unanswered = () =>
    value('balance_channel_unanswered{service="web",group="0",channel="0",address="10.0.0.1:80"}');
  assert.equal(unanswered(), "0");
  for (let i = 0; i < 7; i++) statistics.ended(id, 0, 0, 1000, 990, 10, 0, 5);
  assert.equal(unanswered(), "0");
  statistics.firstByte(other, [1]);
  assert.equal(unanswered(), "7");
  statistics.firstByte(id, [1]);
  assert.equal(unanswered(), "0");
});

Deno.test("services can be chosen, and channels left out", () => {
  const { add, lines } = subject();
  add(80);
  assert.ok(!lines({ channels: false }).some((line) => line.includes("balance_channel_")));
  assert.ok(lines({ channels: false }).some((line) => line.startsWith("balance_group_channels{")));
  assert.ok(!lines({ services: ["other"] }).some((line) => line.includes('service="web"')));
});

Deno.test("no series is told twice, and each belongs to the family above it", () => {
  const { add, lines, lane } = subject();
  for (let port = 0; port < 3; port++) lane.taken(add(80 + port, port % 2));
  let family = "";
  const series = lines().filter((line) => line !== "").flatMap((line) => {
    const [, head] = /^# TYPE (\S+)/.exec(line) ?? [];
    if (head !== undefined) family = head;
    if (line.startsWith("#")) return [];
    assert.ok(line.startsWith(family), `${line} below ${family}`);
    return line.slice(0, line.lastIndexOf(" "));
  });
  assert.equal(new Set(series).size, series.length);
});

Deno.test("others have their turn while the metrics of many services are written", async () => {
  const { groups, add } = subject();
  for (let port = 1; port <= 100; port++) add(port);
  const services = Array.from({ length: 50 }, (_, i) => ({ name: `s${i}`, connections: 0, groups }));
  const metrics = new Metrics({ version: "1.2.3", services, describe: () => state }, () => ({ openDescriptors: 12 }));
  let turns = 0;
  const timer = setInterval(() => turns++);
  const text = await metrics.text({ form: "text" });
  clearInterval(timer);
  assert.ok(turns > 0);
  const to = new Exposition("text");
  for (const _step of metrics.write(to, {}));
  assert.equal(textOf(text), textOf(to.finish()));
  assert.equal(text.count, textOf(text).split("\n").length - 1);
});
