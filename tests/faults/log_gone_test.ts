import assert from "node:assert/strict";
import { ControlClient } from "../../src/control/client.ts";
import { entryPath } from "../../src/control/entries.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { freePort } from "../support/free_port.ts";
import { runs } from "../support/processes.ts";
import { program } from "../support/program.ts";
import { condition, posix } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { eventuallyAsync } from "./patience.ts";
import { descriptorsOf } from "./process_figures.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import { exists } from "../support/exists.ts";

const CLIENTS = 300;

/** Where the streams of the program go, in the words of a shell. */
const WAYS = {
  "a closed pipe": '"$@" 2>&1 | true',
  "a full disk": 'exec "$@" >/dev/full 2>&1',
  "closed descriptors": 'exec "$@" >&- 2>&-',
  "a pipe that nobody reads": '"$@" 2>&1 | sleep 30',
};

export const scenarios: Scenario[] = Object.entries(WAYS).map(([way, script]) => ({
  fault: `the log goes away: ${way}`,
  made: `standard output and error are ${way}; ${CLIENTS} clients with tracing and packet dump on`,
  holds: "the proxy goes on",
  needs: [posix, condition(exists("/dev/full"), "needs /dev/full")],
  async measure(subject) {
    using directory = temporaryDirectory();
    await using backend = echoBackend();
    const port = freePort();
    // An instance whose output is collected would hide just this fault, so it is started by hand.
    const shell = new Deno.Command("setsid", {
      args: ["sh", "-c", script, "sh", ...program, "-f", "-p", "-d", "-b", "127.0.0.1", ...subject.options]
        .concat("--control-dir", directory.path, String(port), `127.0.0.1:${backend.port}`),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const socket = entryPath(directory.path, "127.0.0.1", port);
      await eventuallyAsync(
        "it listens",
        () => ControlClient.open(socket).then((client) => (client[Symbol.dispose](), true), () => false),
        30,
      );
      using control = await ControlClient.open(socket);
      const { pid } = control.greeting, before = descriptorsOf(pid);
      let served = 0;
      for (let i = 0; i < CLIENTS; i++) {
        using client = await Client.connect(port);
        await client.send("x".repeat(1000));
        await client.readExactly(1000);
        served++;
      }
      assert.ok(runs(pid));
      const state = () => control.run("show json").then(({ text }) => JSON.parse(text[0]));
      await eventuallyAsync("no connection is left", async () => (await state()).connections === 0);
      assert.equal((await state()).groups[0].channels[0].total, CLIENTS);
      await eventuallyAsync("no socket is left", () => Promise.resolve(descriptorsOf(pid).sockets <= before.sockets));
      return [`${served} of ${CLIENTS} served, lives`];
    } finally {
      try {
        Deno.kill(-shell.pid, "SIGKILL");
      } catch {
        // The last of them has ended.
      }
      await shell.status;
    }
  },
}));

testScenarios(import.meta.url, scenarios);
