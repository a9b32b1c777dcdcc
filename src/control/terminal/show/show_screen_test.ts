import assert from "node:assert/strict";
import type { ChannelState } from "../../../state/channel_state.ts";
import type { ServiceState } from "../../../state/service_state.ts";
import { channelState } from "../../../../tests/support/made_up_state.ts";
import { logOnScreen, showOnScreen } from "./show_screen.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();

const WELL: Partial<ChannelState> = {
  ...{ host: "a", address: "10.0.0.1", port: 80, current: 3, total: 12_345, failed: 2 },
  ...{ sent: 1_234_567, rcvd: 98_765_432_101, rate: 3.71, oldest: 200 },
  times: { connect: { count: 64, median: 0.21, p99: 1.18 }, firstByte: { count: 64, median: 35.2, p99: 1840 } },
};

function web(channels: readonly Partial<ChannelState>[], more: Partial<ServiceState> = {}): ServiceState {
  const all = channels.map((channel, number) => channelState(number, { ...WELL, ...channel }));
  return {
    ...{ name: "web", addresses: ["::"], ports: [{ first: 80, last: 80 }], connections: 1234, rate: 3.7, ended: {} },
    lastMinute: { connections: [0, 200, 34], failures: [3, 0] },
    groups: [{ group: 0, type: "RR", channels: all }],
    ...more,
  };
}

const SCREEN = { width: 200, now: NOW };

function shown(services: readonly ServiceState[], { width = 200, color = false } = {}): string[] {
  return showOnScreen(services, { ...SCREEN, width, color });
}

Deno.test("Balance's columns come first, and at their right how connections fare", () => {
  assert.deepEqual(shown([web([{}, { times: { connect: null, firstByte: null }, oldest: null, current: 0 }])]), [
    "service web on port 80: 1,234 connections, 3.7/s; last minute: 234 new, 3 ended badly",
    "GRP Type # state ip-address port c totalc  sent   rcvd failed rate connect   p99 1st byte  p99 oldest",
    "  0   RR 0 up      10.0.0.1   80 3 12,345 1.2MB 98.7GB      2  3.7   0.2ms 1.2ms     35ms 1.8s 3m 20s",
    "  0   RR 1 up      10.0.0.1   80 0 12,345 1.2MB 98.7GB      2  3.7       -     -        -    -      -",
  ]);
});

Deno.test("that new clients have to wait, and why, stands below the heading", () => {
  const [, line] = showOnScreen([web([{}], { held: ["the process has 9 of 9 connections"] })], {
    ...SCREEN,
    color: true,
  });
  assert.equal(line, "\x1b[31mnew clients wait in the kernel's queue: the process has 9 of 9 connections\x1b[39m");
});

Deno.test("clients that were kept out are no connections that ended badly", () => {
  const lastMinute = { connections: [0, 200, 34], failures: [150, 3, 0], keptOut: [150, 0, 0] };
  assert.match(shown([web([{}], { lastMinute })])[0], /; last minute: 234 new, 3 ended badly, 150 kept out$/);
});

Deno.test("limits and names have columns where there are some", () => {
  const [, headings, row] = shown([web([{ maxc: 5, name: "one" }])]);
  assert.match(headings, / c maxc totalc .* oldest name$/);
  assert.match(row, / 3 {4}5 12,345 .* one$/);
});

Deno.test("where there is no room, the columns go first that one needs least, and addresses lose their middle last", () => {
  const address = "2001:db8:1111:2222:3333:4444:5555:6666";
  const headings = [120, 100, 80, 70].map((width) => {
    const lines = shown([web([{ address, name: "one" }, {}])], { width });
    assert.ok(lines.slice(1).every((line) => line.length <= width), lines.join("\n"));
    return lines[1].trim().split(/ +/).join(" ");
  });
  assert.deepEqual(headings, [
    "GRP Type # state ip-address port c totalc sent rcvd failed rate connect p99 1st byte p99 oldest name",
    "GRP Type # state ip-address port c totalc failed rate connect p99 1st byte p99 oldest",
    "GRP # state ip-address port c failed rate connect 1st byte oldest",
    "GRP # state ip-address port c failed rate connect 1st byte",
  ]);
  assert.match(shown([web([{ address }])], { width: 70 })[2], / 2001:[\da-f:]+…[\d:]+:6666 /);
});

Deno.test("below a channel is why it gets no clients, or fails", () => {
  const error = { result: "refused", reason: "connection refused", at: at(4), age: 4 };
  const health = { state: "down", flapping: true, counter: 0, rise: 2, fall: 3, since: 40, stateSince: at(40) };
  const channels: Partial<ChannelState>[] = [
    { disabledBy: ["operator"], disabledSince: at(200) },
    { disabledBy: ["autodisable"], disabledSince: at(5), lastError: error, failing: true, failuresInARow: 1 },
    { disabledBy: ["maintenance", "drain"], disabledSince: at(90), drainingSince: at(7) },
    {
      disabledBy: ["down"],
      health: { ...health, last: { result: "L4TOUT", reason: "no answer", took: 1, age: 1 } },
    },
    { disabledBy: ["weight"] },
    { disabledBy: ["unresolved"], host: "nowhere.example" },
    { lastError: error, failing: true, failuresInARow: 1200, failingSince: at(3700) },
    { maxc: 100, current: 100 },
    { lastError: { ...error, at: at(3599), age: 3599 } },
    { lastError: { ...error, age: 3600 } },
    { failing: true },
    { unanswered: 4, unansweredSince: at(20) },
    { unanswered: 4200, unansweredSince: at(20) },
  ];
  const said = shown([web(channels)]).slice(2).map((line) => line.replace(/^ {2}0 .*/, "--").trim());
  assert.deepEqual(said, [
    ...["--", "disabled by an operator for 3m 20s"],
    ...["--", "disabled by autodisable for 5s", "last connect failed 4s ago: connection refused"],
    ...["--", "in maintenance for 1m 30s", "draining for 7s: 3 connections left"],
    ...["--", "down for 40s: L4TOUT, no answer", "flapping: its checks fail and succeed by turns"],
    ...["--", "weight 0: gets no new clients"],
    ...["--", "nowhere.example does not resolve"],
    ...["--", "failing for 1h 1m: connection refused, 1,200 in a row"],
    ...["--", "full: 100 of 100 connections"],
    ...["--", "last failed connect 59m 59s ago: connection refused"],
    ...["--", "--", "last connect failed"],
    ...["--", "--", "no answer for 20s: the last 4,200 connections"],
  ]);
});

Deno.test("a row has the colour of its state: red for what fails, yellow for what somebody wants", () => {
  const error = { result: "refused", reason: "connection refused", at: at(4), age: 4 };
  const [head, , ...lines] = shown([
    web([{ disabledBy: ["operator"] }, { failing: true, disabledBy: ["drain"] }, { lastError: error }]),
  ], { color: true });
  assert.ok(head.startsWith("\x1b[1mservice web on port 80\x1b[22m: "));
  const code = (line: string) => /^\x1b\[(\d+)m.*\x1b\[(?:39|22)m$/.exec(line)?.[1] ?? "";
  assert.deepEqual(lines.map(code), ["33", "33", "33", "33", "31", "", "2"]);
});

Deno.test("nothing that an instance says reaches the terminal unescaped", () => {
  const evil = "\x1b]0;x\x07" as string & number;
  const channel = { address: evil, name: evil, current: evil, host: evil, disabledBy: ["unresolved", evil] };
  const all = shown([web([channel], { name: evil, connections: evil })], { color: true }).join("\n");
  assert.doesNotMatch(all.replaceAll(/\x1b\[(?:1|2|22|31|33|39)m/g, ""), /[\x00-\x09\x0b-\x1f]/);
});

Deno.test("several services have an empty line between them", () => {
  const lines = shown([web([]), web([], { name: "mail" })]);
  assert.deepEqual(lines.map((line) => line.slice(0, 12)), [
    ...["service web ", "GRP Type # s", "", "service mail", "GRP Type # s"],
  ]);
});

Deno.test("a log that cannot be written is a line below, in red", () => {
  const screen = { width: 80, color: false, now: NOW }, log = { target: "syslog", problem: null, lost: 0 };
  assert.deepEqual(logOnScreen(log, screen), []);
  const problem = "there is no /dev/log";
  assert.deepEqual(logOnScreen({ ...log, problem }, screen), ["the log is not written: there is no /dev/log"]);
  assert.deepEqual(logOnScreen({ ...log, problem: "a\x1b", lost: 1_234 }, { ...screen, color: true }), [
    "\x1b[31mthe log is not written: a\\x1b, 1,234 lines lost\x1b[39m",
  ]);
});
