/** Upgrades of a program that has become another user. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { assertPowerless } from "../support/powerless.ts";
import { linux, testWith } from "../support/requirements.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";
import { runs } from "../support/processes.ts";

const USER = 61_003;

/** A free port that only root can open. */
function privilegedPort(): number {
  for (let port = 1023;; port--) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (port === 512) throw error;
    }
  }
}

testWith(
  [linux, otherUsers],
  "after --user, new processes of that user take over port and control socket",
  async () => {
    using users = new OtherUsers();
    await using back = namedBackend("here");
    const options = ["--user", String(USER), "--group", String(USER)], port = privilegedPort();
    await using world = await upgradable([`127.0.0.1:${back.port}`], {
      before: users.beforeBecoming(USER),
      options,
      port,
    });
    const { instance } = world, socket = `${instance.directory.path}/${port}@127.0.0.1.sock`;
    const { ino } = Deno.lstatSync(socket);
    assert.equal(await instance.control("maxc 0 77"), "maxc of channel 0 changed to 77\n");
    for (let round = 0; round < 3; round++) {
      const { pid: old } = await instance.state(), pid = await upgrade(instance);
      assertPowerless(pid, USER, USER);
      assert.equal(await instance.answer(), "here");
      await eventually("the old one has ended", () => !runs(old));
      assert.equal((await instance.channel(0)).maxc, 77);
      assert.equal((await instance.channel(0)).total, round + 1);
    }
    assert.deepEqual([...Deno.readDirSync(instance.directory.path)].map(({ name }) => name), [
      `${port}@127.0.0.1.sock`,
    ]);
    assert.equal(Deno.lstatSync(socket).ino, ino, "its owner still is who can control it");
    assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
    await instance.ended();
  },
);

testWith(
  [linux, otherUsers],
  "what the new user may not do refuses the upgrade, and the old process goes on",
  async () => {
    using users = new OtherUsers();
    await using back = namedBackend("here");
    const options = ["--user", String(USER), "--group", String(USER), "--pid-file", `${users.path}/owned/pid`];
    Deno.mkdirSync(`${users.path}/owned`);
    await using world = await upgradable([`127.0.0.1:${back.port}`], { before: users.beforeBecoming(USER), options });
    const { instance } = world;
    assert.equal(
      await instance.control("upgrade"),
      `cannot upgrade: cannot write PID file "${users.path}/owned/pid": Permission denied\n`,
    );
    assert.equal(await instance.answer(), "here");
    assert.equal((await instance.state()).pid, instance.pid);
  },
);
