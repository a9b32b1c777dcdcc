/** Upgrades in which one of the two processes hangs or is killed. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { later } from "../support/eventually.ts";
import type { Instance } from "../support/instance.ts";
import { ProgramCopy } from "../support/program_copy.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";
import { runs } from "../support/processes.ts";

/** Moments in the start of a new process: what it does next. */
const MOMENTS = {
  "before it has done anything": ["cli.ts", "if (import.meta.main)"],
  "when all is prepared": ["src/process/predecessor.ts", `this.#report({ report: "prepared" })`],
  "when it has the state": ["src/program/program.ts", "if (state !== undefined) await restoreState("],
  "when it has taken all names": ["src/program/program.ts", "instance.resumeAccepting();\n    listens();"],
} as const satisfies Record<string, readonly [file: string, text: string]>;

/** Names in the directories that an instance has to itself. */
const names = (...paths: string[]) => paths.flatMap((path) => [...Deno.readDirSync(path)].map(({ name }) => name));

async function startCopy(copy: ProgramCopy, port: number, pidFile: string) {
  const world = await upgradable([`127.0.0.1:${port}`], { before: copy.before, options: ["--pid-file", pidFile] });
  assert.equal(await world.instance.answer(), "here");
  return world;
}

/** Checks that this process serves, answers operators and has the PID file, and that the other one left nothing. */
async function assertServes(instance: Instance, pid: number, pidFile: string): Promise<void> {
  assert.equal((await instance.state()).pid, pid);
  assert.equal(Deno.readTextFileSync(pidFile), `${pid}\n`);
  assert.equal(await instance.answer(), "here");
  const directories = [instance.directory.path, pidFile.replace(/\/pid$/, "")];
  assert.deepEqual(names(...directories), [`${instance.port}@127.0.0.1.sock`, "pid"]);
}

for (const moment of ["before it has done anything", "when it has taken all names"] as const) {
  testWith([linux], `a new process that hangs ${moment} is ended in time, and the old one goes on`, async () => {
    using directory = temporaryDirectory();
    using copy = new ProgramCopy();
    await using back = namedBackend("here");
    copy.edit("src/process/successor.ts", "const PATIENCE = 30;", "const PATIENCE = 6;");
    const pidFile = `${directory.path}/pid`;
    await using world = await startCopy(copy, back.port, pidFile);
    const { instance } = world, { total } = await instance.channel(0);
    const [file, text] = MOMENTS[moment];
    copy.holdAt(file, text);
    const reply = later(instance.control("upgrade")), successor = await copy.held();
    // It waits in the queue if nobody accepts at the moment.
    const client = later(instance.answer());
    assert.equal(await reply, "cannot upgrade: the new process is not ready after 6 s\n");
    assert.equal(await client, "here");
    assert.equal(runs(successor), false);
    await assertServes(instance, instance.pid, pidFile);
    assert.equal((await instance.channel(0)).total, Number(total) + 2);
    copy.letGo();
    await assertServes(instance, await upgrade(instance), pidFile);
  });
}

for (const moment of ["before it has done anything", "when all is prepared", "when it has the state"] as const) {
  testWith([linux], `an old process that is killed leaves the service to the new one, even ${moment}`, async () => {
    using directory = temporaryDirectory();
    using copy = new ProgramCopy();
    await using back = namedBackend("here");
    const pidFile = `${directory.path}/pid`;
    await using world = await startCopy(copy, back.port, pidFile);
    const { instance } = world, { total } = await instance.channel(0);
    const [file, text] = MOMENTS[moment];
    copy.holdAt(file, text);
    instance.signal("SIGUSR2");
    const successor = await copy.held();
    instance.signal("SIGKILL");
    await instance.exit;
    const client = later(instance.answer());
    copy.letGo();
    assert.equal(await client, "here");
    await assertServes(instance, successor, pidFile);
    const lost = moment !== "when it has the state";
    assert.equal((await instance.channel(0)).total, (lost ? 0 : Number(total)) + 2);
    if (lost) await instance.logged(/counters and changes at run time are lost: the old process ended/);
  });
}

testWith(
  [linux],
  "a name that cannot be taken over at the last moment refuses the upgrade, with the reason",
  async () => {
    using directory = temporaryDirectory();
    using copy = new ProgramCopy();
    await using back = namedBackend("here");
    const pidFile = `${directory.path}/pid`;
    await using world = await startCopy(copy, back.port, pidFile);
    const { instance } = world, [file, text] = MOMENTS["when all is prepared"];
    copy.holdAt(file, text);
    const reply = later(instance.control("upgrade"));
    await copy.held();
    Deno.removeSync(pidFile);
    Deno.mkdirSync(pidFile);
    copy.letGo();
    assert.equal(await reply, `cannot upgrade: cannot write PID file "${pidFile}": Is a directory\n`);
    assert.equal(await instance.answer(), "here");
    assert.equal((await instance.state()).pid, instance.pid);
    assert.deepEqual(names(instance.directory.path, directory.path), [`${instance.port}@127.0.0.1.sock`, "pid"]);
  },
);
