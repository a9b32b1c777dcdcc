/** Somebody replaces a running instance's socket or directory. */
import assert from "node:assert/strict";
import { ControlSession } from "../support/control_session.ts";
import { Instance } from "../support/instance.ts";
import { privateListener } from "../support/private_listener.ts";
import { run } from "../support/program.ts";
import { posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** A socket that somebody else listens on, and how many it has caught. */
class Trap implements AsyncDisposable {
  caught = 0;
  readonly #listener: Deno.UnixListener;
  readonly #accepting: Promise<void>;

  constructor(path: string) {
    this.#listener = privateListener(path);
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    for (;;) {
      const connection = await this.#listener.accept().catch(() => undefined);
      if (connection === undefined) return;
      this.caught++;
      connection.close();
    }
  }
}

/** Every way to control the instance ends with one line that says why, and reaches nobody. */
async function assertRefused(instance: Instance, why: RegExp): Promise<void> {
  for (const words of [["-c", "show"], ["-i"]]) {
    const { code, stdout, stderr } = await instance.run(words);
    assert.deepEqual([words, code, stdout], [words, 66, ""], stderr);
    assert.match(stderr, /^balance: cannot use control [^\n]+\n$/);
    assert.match(stderr, why);
  }
}

testWith([posix], "a link in place of the socket is neither followed nor, at the end, removed", async () => {
  using directory = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"], { directory });
  const socket = `${directory.path}/${instance.port}@127.0.0.1.sock`;
  await using trap = new Trap(`${directory.path}/trap`);
  Deno.renameSync(socket, `${directory.path}/moved`);
  Deno.symlinkSync(`${directory.path}/trap`, socket);
  await assertRefused(instance, /it is not a socket\n$/);
  const listed = await run(["--list", "--control-dir", directory.path]);
  assert.deepEqual([listed.code, listed.stdout], [0, ""]);
  assert.match(listed.stderr, /^balance: 127\.0\.0\.1:\d+: cannot use control socket [^\n]+: it is not a socket\n$/);
  assert.equal(trap.caught, 0);
  using session = await ControlSession.open(`${directory.path}/moved`);
  assert.ok(await session.until(/^balance 1 /), "the instance listens where its socket went");
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.ok(Deno.lstatSync(socket).isSymlink);
});

testWith([posix, root], "another user's socket in place of the socket is never contacted", async () => {
  using directory = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"], { directory });
  const socket = `${directory.path}/${instance.port}@127.0.0.1.sock`;
  Deno.removeSync(socket);
  await using trap = new Trap(socket);
  Deno.chownSync(socket, 65534, 65534);
  const { ino } = Deno.lstatSync(socket);
  await assertRefused(instance, /it belongs to user 65534, not to 0\n$/);
  assert.equal(trap.caught, 0);
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.equal(Deno.lstatSync(socket).ino, ino, "the instance removes only what is its own");
});

testWith([posix], "a directory that is renamed and replaced while the instance runs is refused", async () => {
  using parent = temporaryDirectory();
  const path = `${parent.path}/control`, moved = `${parent.path}/moved`;
  await using instance = await Instance.start(["127.0.0.1:1"], { directory: { path, [Symbol.dispose]() {} } });
  const name = `${instance.port}@127.0.0.1.sock`;
  Deno.renameSync(path, moved);
  Deno.symlinkSync(moved, path);
  await assertRefused(instance, /it is a symbolic link\n$/);
  Deno.removeSync(path);
  Deno.mkdirSync(path, { mode: 0o755 });
  await using trap = new Trap(`${path}/${name}`);
  await assertRefused(instance, /others can enter it/);
  if (Deno.uid() === 0) {
    Deno.chmodSync(path, 0o700);
    Deno.chownSync(path, 65534, 65534);
    await assertRefused(instance, /it belongs to user 65534, not to 0\n$/);
  }
  assert.equal(trap.caught, 0);
  using session = await ControlSession.open(`${moved}/${name}`);
  await session.send("kill\n");
  assert.ok(await session.until(/\nbye 1 0\n/));
  assert.equal(await instance.ended(), 0);
  assert.ok(Deno.lstatSync(`${path}/${name}`).isSocket, "what lies in the other directory is left alone");
});
