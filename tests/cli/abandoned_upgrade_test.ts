/** An upgrade during which the program is asked to end, at the worst moment. */
import assert from "node:assert/strict";
import { endProcess, Instance } from "../support/instance.ts";
import { processesWith, runs } from "../support/processes.ts";
import { ProgramCopy } from "../support/program_copy.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const FILE = "src/process/predecessor.ts", REPORT = 'this.#report({ report: "serving", notes });';

testWith(
  [linux],
  "where a new process has just reported that it serves, either it serves on, or nothing of it is left",
  async () => {
    using copy = new ProgramCopy();
    using directory = temporaryDirectory();
    const options = ["--engine", "linux", "--threads", "1", "--pid-file", `${directory.path}/pid`];
    await using instance = await Instance.start(["127.0.0.1:1"], { directory, before: copy.before, options });
    copy.edit(FILE, REPORT, `${REPORT} Deno.kill(this.pid, "SIGTERM");`);
    try {
      instance.signal("SIGUSR2");
      assert.equal(await instance.exit, 0);
      const upgraded = /upgraded: process (\d+) serves/.exec(instance.stderr.text);
      if (upgraded !== null) return assert.ok(runs(Number(upgraded[1])), instance.stderr.text);
      assert.match(instance.stderr.text, /cannot upgrade: this process ends/);
      assert.deepEqual([...Deno.readDirSync(directory.path)], []);
      assert.deepEqual(processesWith(directory.path), []);
    } finally {
      for (const pid of processesWith(directory.path)) await endProcess(pid);
    }
  },
);
