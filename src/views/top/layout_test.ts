import assert from "node:assert/strict";
import type { ChannelState } from "../../state/channel_state.ts";
import type { ServiceState } from "../../state/service_state.ts";
import type { InstanceState } from "../../state/state.ts";
import { channelState } from "../../../tests/support/made_up_state.ts";
import { act } from "./act.ts";
import { ByteRates } from "./byte_rates.ts";
import { shortProblemOf } from "./channel_status.ts";
import { serviceLine } from "./channel_table.ts";
import { type Choice, FIRST_CHOICE } from "./choice.ts";
import { layOut, type Picture, scrolled } from "./layout.ts";
import type { Line } from "./line.ts";
import { rowsOf } from "./rows.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");

const WELL: Partial<ChannelState> = {
  ...{ host: "a", address: "10.0.0.1", port: 80, current: 3, total: 12_345, failed: 2, sent: 1000, rcvd: 2000 },
  ...{ rate: 3.71, oldest: 200 },
  times: { connect: { count: 64, median: 0.21, p99: 1.18 }, firstByte: { count: 64, median: 35.2, p99: 1840 } },
};
const HEALTH = {
  flapping: false,
  counter: 0,
  rise: 2,
  fall: 3,
  since: 40,
  stateSince: new Date(NOW - 40_000).toISOString(),
};
const DOWN: Partial<ChannelState> = {
  disabledBy: ["down"],
  health: { ...HEALTH, state: "down", last: { result: "L4TOUT", reason: "no answer", took: 1, age: 1 } },
};

function service(name: string, channels: readonly Partial<ChannelState>[]): ServiceState {
  const all = channels.map((channel, number) => channelState(number, { ...WELL, ...channel }));
  return {
    ...{ name, addresses: ["::"], ports: [{ first: 80, last: 80 }], connections: 1234, rate: 3.7, ended: {} },
    lastMinute: { connections: Array(60).fill(4), failures: Array(60).fill(1) },
    groups: [{ group: 0, type: "RR", channels: all }],
  };
}

function picture(services: readonly ServiceState[], choice: Choice, more: Partial<Picture> = {}): Picture {
  const log = { target: "stderr", problem: null, lost: 0 };
  const state = {
    ...{ version: "1.2.3", pid: 7, uptime: 100, engine: "linux", threads: 2, connections: 1234, log },
    services,
  } as unknown as InstanceState;
  const rows = rowsOf(services, new ByteRates(), choice, NOW);
  return { state, rows, failures: undefined, lost: undefined, waits: 0, now: NOW, unicode: true, ...more };
}

const textOf = ({ spans }: Line) => spans.map(({ text }) => text).join("").trimEnd();

/** What a screen shows. */
function shown(services: readonly ServiceState[], choice: Partial<Choice> = {}, size = [80, 24], more = {}): string[] {
  const all = { ...FIRST_CHOICE, ...choice }, [width, height] = size;
  const { lines } = layOut(picture(services, all, more), all, width, height);
  assert.equal(lines.length, height);
  return lines.map(textOf);
}

Deno.test("at 80 columns everything that one needs has its place", () => {
  const lines = shown([service("web", [{ name: "one" }, DOWN])], { selected: "web 0 1" });
  assert.ok(lines.every((line) => line.length <= 80), lines.join("\n"));
  assert.match(lines[0], /^balance 1\.2\.3 {2}up 1m 40s {2}pid 7 {2}linux, 2 threads +\d\d:\d\d:00$/);
  assert.equal(lines[1], "1,234 connections  3.7/s new  2 channels, 1 down");
  assert.match(lines[2], /^ +#▾ state +channel .* c {2}rate failed connect 1st byte problem$/);
  assert.match(lines[3], /^web port 80: 1,234 connections, 3\.7\/s, 1\.0\/s fail +█{20,}$/);
  assert.match(lines[4], /^ 0\/0 ● up {9}one 10\.0\.0\.1:80 +3 {3}3\.7 {6}2 {3}0\.2ms {5}35ms$/);
  assert.match(lines[5], /^>0\/1 ✖ down {7}10\.0\.0\.1:80 .* L4TOUT 40s$/);
  assert.match(lines[21], /^web 0\/1 10\.0\.0\.1:80, total 12,345, failed 2, connect p99 1\.2ms, oldest 3m 20s/);
  assert.equal(lines[22], "down for 40s: L4TOUT, no answer");
  assert.equal(lines[23], "q quit ? help / find <> sort d drain e enable x disable c close w why f failed");
});

Deno.test("where there is little room, what is wrong is a word and since when", () => {
  const at = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
  const lastError = { result: "refused", reason: "connection refused", at: at(1), age: 1 };
  const said = (channel: Partial<ChannelState>) => shortProblemOf(channelState(0, { ...WELL, ...channel }), NOW);
  assert.equal(said({ failing: true, failingSince: at(100), failuresInARow: 7, lastError }), "refused 1m");
  assert.equal(said({ disabledBy: ["drain"], drainingSince: at(9), disabledSince: at(9) }), "9s");
  assert.equal(said({ disabledBy: ["operator"], disabledSince: at(300) }), "operator 5m");
  assert.equal(said(DOWN), "L4TOUT 40s");
  assert.equal(said({ maxc: 3, current: 3 }), "3 of 3 connections");
  assert.equal(said({}), "");
});

Deno.test("columns come and go with the width, and no line is longer", () => {
  const services = [service("web", [{ maxc: 100 }, DOWN])];
  const headings = [40, 60, 80, 120, 160].map((width) => {
    const lines = shown(services, {}, [width, 24]);
    // Of a number that is cut off, the beginning would be read as the whole.
    const cells = lines.filter((line) => width >= 80 || /^ .*(?:channel|10\.0)/.test(line));
    assert.ok(cells.length > 2 && cells.every((line) => line.length <= width), lines.join("\n"));
    return lines[2].trim().split(/ {2,}| (?=rate|failed|connect|p99|1st|c\/max|total|oldest|up|down|problem)/).join(
      " ",
    );
  });
  assert.match(headings[0], /channel$/);
  assert.match(headings[1], /c\/max rate failed$/);
  assert.match(headings[2], /c\/max rate failed connect 1st byte/);
  assert.doesNotMatch(headings[2], /oldest|p99|total/);
  assert.match(headings[3], /total failed connect p99 1st byte 1st p99 (?:oldest )?.*problem$/);
  assert.match(headings[4], /oldest up\/s down\/s problem$/);
});

Deno.test("a low screen has lines about the chosen channel where there is room", () => {
  const said = (channels: number) =>
    shown([service("web", Array(channels).fill(DOWN))], { selected: "web 0 0" }, [80, 10]).at(-2);
  assert.deepEqual([said(3), said(4)], ["down for 40s: L4TOUT, no answer", ""]);
});

Deno.test("seconds of the last minute in which much failed are red", () => {
  const lastMinute = { connections: Array(60).fill(20), failures: [...Array(57).fill(1), 20, 2, 0] };
  const { spans } = serviceLine({ ...service("web", []), lastMinute }, 140, true);
  const bars = spans.filter(({ text }) => /^█+$/.test(text)).map(({ text, style }) => [text.length, style]);
  assert.deepEqual(bars, [[57, "good"], [2, "bad"], [1, "good"]]);
});

Deno.test("clients that were kept out are told apart from what failed, and no bar is red for them", () => {
  const lastMinute = { connections: Array(60).fill(20), failures: Array(60).fill(11), keptOut: Array(60).fill(10) };
  const { spans } = serviceLine({ ...service("web", []), lastMinute }, 140, true);
  assert.match(spans.map(({ text }) => text).join(""), /, 1\.0\/s fail, 10\/s kept out/);
  assert.ok(spans.every(({ text, style }) => !text.includes("█") || style === "good"));
});

Deno.test("a service says when new clients have to wait", () => {
  const text = (more: Partial<ServiceState>) =>
    serviceLine({ ...service("web", []), ...more }, 60, true).spans.map(({ text }) => text).join("");
  assert.doesNotMatch(text({}), /wait/);
  assert.match(text({ held: ["accepting is paused"] }), /\/s, new clients wait/);
});

Deno.test("a small screen shows the chosen channel among 2,048", () => {
  const services = [service("web", Array(2048).fill({}))];
  const lines = shown(services, { selected: "web 0 1500" }, [80, 10]);
  assert.ok(lines.some((line) => line.startsWith(">0/1500 ")), lines.join("\n"));
  assert.deepEqual([scrolled(0, 30, 10, 100), scrolled(25, 30, 10, 100), scrolled(40, 30, 10, 100)], [21, 25, 30]);
  assert.deepEqual([scrolled(90, 3, 10, 5), scrolled(1, 1, 10, 100), scrolled(50, -1, 10, 20)], [0, 0, 10]);
});

Deno.test("a filter leaves channels that have all its words, and sorting puts the highest first", () => {
  const services = [
    service("web", [{ rate: 1, name: "one" }, { rate: 9, ...DOWN }, { rate: 5 }]),
    service("api", [{ name: "other" }]),
  ];
  const numbers = (choice: Partial<Choice>) =>
    rowsOf(services, new ByteRates(), { ...FIRST_CHOICE, ...choice }, NOW)
      .map((row) => row.kind === "service" ? row.service.name : row.channel.channel);
  assert.deepEqual(numbers({}), ["web", 0, 1, 2, "api", 0]);
  assert.deepEqual(numbers({ filter: "DOWN web" }), ["web", 1]);
  assert.deepEqual(numbers({ filter: "no answer" }), ["web", 1]);
  assert.deepEqual(numbers({ filter: "nothing" }), []);
  assert.deepEqual(numbers({ sort: "rate" }), ["web", 1, 2, 0, "api", 0]);
  assert.deepEqual(numbers({ sort: "rate", reversed: true }), ["web", 0, 2, 1, "api", 0]);
  assert.deepEqual(numbers({ sort: "state" })[1], 1);
});

Deno.test("what an instance says cannot steer the terminal", () => {
  const evil = "\x1b[2J\x9b31m\u202e";
  const services = [service("web", [{ host: evil, address: evil, ...DOWN, name: evil }])];
  const record = { id: evil, time: evil, service: evil, client: evil, durationMs: 1, end: evil, reason: evil };
  const failures = { failed: [{ ...record, group: 1, channel: 1, attempts: [] }], ended: { [evil]: 1 }, lost: 0 };
  const panes = [
    shown(services),
    shown(services, { filter: evil, selected: "web 0 0" }),
    shown(services, { pane: "failures" }, [200, 24], { failures }),
    shown(services, { pane: "why", why: [evil] }),
    shown(services, {}, [80, 24], { lost: evil }),
    shown(services, { notice: { text: evil, bad: true } }),
  ];
  for (const lines of panes) {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(lines.join("\n"), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    assert.match(lines.join("\n"), /\\x1b/);
  }
});

Deno.test("it is said when what is shown is old", () => {
  assert.match(shown([], {}, [80, 24], { waits: 4 })[1], /^no answer for 4 s/);
  assert.match(shown([], {}, [80, 24], { lost: "the instance has ended" })[1], /^the instance has ended; waits/);
  assert.match(shown([], { paused: true })[1], /^paused/);
});

Deno.test("a command for the chosen channel is asked for before it is given", () => {
  const services = [service("web", [{}, { name: "two" }])], first = { ...FIRST_CHOICE, selected: "web 0 1" };
  const shown = { rows: rowsOf(services, new ByteRates(), first, NOW), page: 10 };
  const { choice: asked } = act(first, "d", shown);
  assert.equal(asked.order?.command, "drain 1");
  assert.match(asked.order!.question, /^drain channel 0\/1 of web \(two 10\.0\.0\.1:80\)/);
  assert.deepEqual(act(asked, "y", shown).effect, { kind: "order", order: asked.order });
  for (const key of ["n", "d", "enter", "q", "escape"]) {
    const { choice, effect } = act(asked, key, shown);
    assert.deepEqual([choice.order, choice.notice?.text, effect], [undefined, "nothing was done", undefined]);
  }
  const commands = ["e", "x", "c"].map((key) => act(first, key, shown).choice.order?.command);
  assert.deepEqual(commands, ["enable 1", "disable 1", "shut 1"]);
  assert.equal(act(FIRST_CHOICE, "d", shown).choice.order, undefined);
});

Deno.test("keys move, sort, filter and leave", () => {
  const services = [service("web", Array(30).fill({}))];
  const shown = { rows: rowsOf(services, new ByteRates(), FIRST_CHOICE, NOW), page: 10 };
  const after = (keys: readonly string[], from: Choice = { ...FIRST_CHOICE, selected: "web 0 0" }) =>
    keys.reduce((choice, key) => act(choice, key, shown).choice, from);
  assert.equal(after(["down", "j", "page down", "up"]).selected, "web 0 11");
  assert.equal(after(["G"]).selected, "web 0 29");
  assert.equal(after(["end", "down", "home"]).selected, "web 0 0");
  assert.equal(after(["right", ">", ">"]).sort, "c");
  assert.equal(after(["left"]).sort, "down/s");
  assert.equal(after(["r"]).reversed, true);
  assert.equal(after(["/", "d", "w", "q", "backspace", "enter"]).filter, "dw");
  assert.equal(after(["/", "d", "enter", "/", "x", "escape"]).filter, "d");
  assert.equal(after(["/", "d", "enter", "escape"]).filter, "");
  assert.equal(after(["f", "q"]).pane, "channels");
  assert.deepEqual(act(after(["w", ..."192.0.2.1"]), "enter", shown).effect, { kind: "why", words: "192.0.2.1" });
  assert.deepEqual(act(FIRST_CHOICE, "q", shown).effect, { kind: "quit" });
  for (const before of [["f"], ["d"], ["?"]]) {
    assert.deepEqual(act(after(before), "ctrl-c", shown).effect, { kind: "quit" }, before[0]);
  }
});

Deno.test("bytes per second come from two looks at the same channel", () => {
  const rates = new ByteRates(),
    look = (channel: Partial<ChannelState>, now: number) => rates.look([service("web", [channel])], now);
  look({}, 1000);
  assert.equal(rates.of("web 0 0"), undefined);
  look({ sent: 1500, rcvd: 2100 }, 3000);
  assert.deepEqual(rates.of("web 0 0"), { up: 250, down: 50 });
  look({ sent: 0, rcvd: 0 }, 4000);
  assert.equal(rates.of("web 0 0"), undefined, "after a reset");
  look({ sent: 10, rcvd: 0, host: "b" }, 5000);
  assert.equal(rates.of("web 0 0"), undefined, "another channel has its number");
});
