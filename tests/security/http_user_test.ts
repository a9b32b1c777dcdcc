/** Ports and sockets for HTTP, of a program that has become another user. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { get } from "../support/http.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { condition, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

const USER = 61_004;

const privileged = condition(
  linux.met && Number(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start")) >= 1024,
  "needs ports that only root may open",
);

/** A free port that only root can open. */
function privilegedPort(): number {
  for (let port = 900;; port--) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (port === 512) throw error;
    }
  }
}

async function started(place: string) {
  const users = new OtherUsers();
  const world = await upgradable(["127.0.0.1:1"], {
    before: users.beforeBecoming(USER),
    options: ["--user", String(USER), "--group", String(USER), "--metrics", place],
  });
  return {
    instance: world.instance,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      users[Symbol.dispose]();
    },
  };
}

testWith([linux, otherUsers], "after --user, an upgrade hands over a port that everybody may open", async () => {
  const port = freePort();
  await using world = await started(String(port));
  await upgrade(world.instance);
  assert.equal((await get(port, "/healthz")).status, 200);
});

testWith(
  [linux, otherUsers, privileged],
  "an upgrade that would lose a place for good is refused, and says why",
  async () => {
    const port = privilegedPort();
    await using world = await started(String(port));
    assert.equal(
      await world.instance.control("upgrade"),
      `cannot upgrade: 127.0.0.1:${port} was opened by the first user, and this one may not open port ${port}\n`,
    );
    assert.equal((await get(port, "/healthz")).status, 200);
  },
);

testWith([linux, otherUsers], "the same with a Unix socket, which the new user can leave behind", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/metrics.sock`;
  await using world = await started(path);
  assert.equal(
    await world.instance.control("upgrade"),
    `cannot upgrade: ${path} was opened by the first user, and this one may not replace it\n`,
  );
  assert.equal((await get(path, "/healthz")).status, 200);
  await world.instance.control("kill");
  assert.equal(await world.instance.ended(), 0);
});
