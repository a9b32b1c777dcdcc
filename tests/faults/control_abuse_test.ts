import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { echoBackend } from "../support/backends.ts";
import { installed, linux, root } from "../support/requirements.ts";
import { Echoing } from "./echoing.ts";
import { eventuallyAsync, show, within } from "./patience.ts";
import { residentMemory } from "./process_figures.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const SESSIONS = 1_000, MEGABYTE = 1 << 20;

export const scenarios: Scenario[] = [{
  fault: "control socket abuse",
  made: `NUL bytes, a line of 10 MB, 10 MB without a line feed, ${SESSIONS} sessions, half-open ones, another user`,
  holds: "one error line each; bounded memory; data path unaffected; control works afterwards",
  needs: [linux, root, installed("runuser")],
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`]);
    const nothingLeaked = await target.watchForLeaks();
    const echoing = new Echoing(target);
    await target.state();
    const before = residentMemory(target.pid);

    assert.match(await session(target.socket, "\0\0\0\n"), /^balance [^\n]+\nerror 1 0\nsyntax error\n$/);
    const long = "x".repeat(10 * MEGABYTE);
    for (const text of [long + "\n", long]) {
      assert.match(await session(target.socket, text), /^balance [^\n]+\nerror 1 0\nline too long[^\n]*\n$/);
    }
    const crowd = await Promise.all(Array.from({ length: SESSIONS }, () => open(target.socket)));
    const grown = Math.max(0, residentMemory(target.pid) - before);
    assert.ok(grown < 64 * MEGABYTE, `memory grew by ${grown} bytes`);
    for (const socket of crowd) socket.destroy();
    // Those that ended their half and say nothing are over, too.
    assert.match(await session(target.socket, ""), /^(balance [^\n]+\n|)/);
    const stranger = await new Deno.Command("runuser", {
      args: ["-u", "nobody", "--", "sh", "-c", `exec 3<>"$0" || cat "$0"`, target.socket],
      stdout: "piped",
      stderr: "piped",
    }).output();
    assert.ok(!stranger.success && stranger.stdout.length === 0);
    assert.match(new TextDecoder().decode(stranger.stderr), /ermission denied/);

    await eventuallyAsync("control works again", () => target.state().then(() => true, () => false));
    await echoing.end();
    const figure = within(`slowest of ${echoing.rounds} round trips meanwhile`, echoing.slowest, 500, "ms");
    await nothingLeaked();
    return [`memory +${show(grown / MEGABYTE)} MB`, figure, "another user: permission denied"];
  },
}];

/** Sends text to a control socket, ends its half, and says everything that comes. */
function session(path: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let reply = "";
    const socket = connect(path);
    socket.setEncoding("utf8").on("data", (part) => reply += part).on("error", () => {});
    socket.on("close", () => resolve(reply));
    socket.end(text);
  });
}

/** A session that says nothing; it may be turned away. */
function open(path: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("error", () => resolve(socket)).on("connect", () => resolve(socket)).resume();
  });
}

testScenarios(import.meta.url, scenarios);
