/** `--diff`: which instance is asked what a reload of its file would change, and how its answer is passed on. */
import assert from "node:assert/strict";
import type { Outcome as Reply } from "../../src/control/control_plane.ts";
import { type ControlServer, startControlServer } from "../../src/control/server.ts";
import { processState, quietPlane } from "../support/control_plane.ts";
import { type Outcome, programPath, run } from "../support/program.ts";
import { posix, testWith } from "../support/requirements.ts";
import { type ControlDirectory, temporaryDirectory } from "../support/temporary_directory.ts";

/** Control sockets of processes with files, without anything behind them. */
class Processes implements Disposable {
  readonly directory: ControlDirectory = temporaryDirectory();
  readonly #servers: ControlServer[] = [];

  /** @param reply what it says to `reload --dry-run` */
  async open(name: string, config: string | null, reply?: Reply): Promise<void> {
    const reload = (dryRun: boolean) => {
      assert.ok(dryRun);
      return Promise.resolve(reply!);
    };
    const plane = { ...quietPlane(), reload, describe: () => ({ ...processState(), config }) };
    const { path: directory } = this.directory;
    this.#servers.push(await startControlServer(plane, { directory, config: name }));
  }

  diff(...args: string[]): Promise<Outcome> {
    const { path } = this.directory;
    return run(["--diff", "--control-dir", programPath(path), ...args], { cwd: path });
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers) {
      server.close();
      server.closeSessions();
    }
    this.directory[Symbol.dispose]();
  }
}

testWith([posix], "the only instance with a file is asked", async () => {
  using processes = new Processes();
  await processes.open("1", null);
  await processes.open("2", "/etc/a.conf", { ok: true, lines: ['service "a": added', "  balance --name a 80"] });
  const { code, stdout, stderr } = await processes.diff();
  assert.deepEqual([code, stdout, stderr], [0, 'service "a": added\n  balance --name a 80\n', ""]);
});

testWith([posix], "of several instances, the one with the file is asked, whatever its path looks like", async () => {
  using processes = new Processes();
  const { path } = processes.directory;
  Deno.writeTextFileSync(`${path}/b.conf`, "");
  Deno.symlinkSync("b.conf", `${path}/link.conf`);
  await processes.open("1", "/etc/a.conf", { ok: true, lines: ["a"] });
  await processes.open("2", `${path}/b.conf`, { ok: true, lines: ["b"] });
  assert.equal((await processes.diff("--config", "link.conf")).stdout, "b\n");
  assert.equal((await processes.diff("-C", "/etc/a.conf")).stdout, "a\n");
  const { code, stderr } = await processes.diff();
  assert.equal(code, 69);
  assert.deepEqual(stderr.split("\n").slice(1, 3).map((line) => line.replace(/^.*--config/, "--config")).sort(), [
    '--config "/etc/a.conf"',
    `--config "${path}/b.conf"`,
  ]);
});

testWith([posix], "an instance that refuses the file says why, and the exit code is 1", async () => {
  using processes = new Processes();
  await processes.open("1", "/etc/a.conf", { ok: false, lines: ["a.conf:1:1: no", "  x", "  ^"] });
  const { code, stdout, stderr } = await processes.diff();
  assert.deepEqual([code, stdout, stderr], [1, "", "a.conf:1:1: no\n  x\n  ^\n"]);
});

testWith([posix], "without an instance that has the file, there is nobody to ask", async () => {
  using processes = new Processes();
  await processes.open("1", null);
  for (const args of [[], ["--config", "none.conf"]]) {
    const { code, stdout, stderr } = await processes.diff(...args);
    assert.deepEqual([code, stdout], [69, ""]);
    assert.match(
      stderr,
      /^balance: no master process, exiting\.\n {2}no instance (with a file of services|serving "none\.conf") is/,
    );
  }
});
