/** Who may control an instance: the directory and the socket. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { backgroundNote } from "../support/log_daemon.ts";
import { program, run } from "../support/program.ts";
import { linux, namespaces, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const mode = (path: string) => (Deno.lstatSync(path).mode! & 0o777).toString(8);

testWith([posix], "the directory is created with mode 0700 and the socket with 0600, whatever the umask", async () => {
  using parent = temporaryDirectory();
  const directory = `${parent.path}/control`, port = freePort();
  const words = [...program, "-b", "127.0.0.1", "--control-dir", directory, String(port)];
  const { code } = await new Deno.Command("sh", { args: ["-c", `umask 0; exec "$@"`, "sh", ...words] }).output();
  assert.equal(code, 0);
  assert.equal(mode(directory), "700");
  assert.equal(mode(`${directory}/${port}@127.0.0.1.sock`), "600");
  assert.equal((await run(["-c", "kill", "--control-dir", directory])).code, 0);
});

/** Every way to use the directory is refused with 66 and one line. */
async function assertRefused(directory: string, why: RegExp): Promise<void> {
  const port = String(freePort());
  for (const words of [["-f", port], [port], ["-c", "show"], ["-c", "show", port], ["-i"], ["--list"]]) {
    const { code, stdout, stderr } = await run([...words, "--control-dir", directory]);
    assert.deepEqual([words, code, stdout], [words, 66, ""]);
    assert.match(stderr, /^balance: [^\n]+\n$/);
    assert.match(stderr, why);
  }
}

testWith([posix], "a directory that others can enter is refused", async () => {
  using directory = temporaryDirectory();
  for (const bits of [0o755, 0o710, 0o701, 0o770, 0o777]) {
    Deno.chmodSync(directory.path, bits);
    const { code, stderr } = await run(["-f", "--control-dir", directory.path, String(freePort())]);
    assert.equal(code, 66);
    assert.match(stderr, /^balance: cannot use control directory "[^\n]+": others can enter it[^\n]*\n$/);
  }
  Deno.chmodSync(directory.path, 0o755);
  await assertRefused(directory.path, /others can enter it/);
});

testWith([posix], "a symbolic link to a good directory is refused", async () => {
  using parent = temporaryDirectory();
  using directory = temporaryDirectory();
  Deno.symlinkSync(directory.path, `${parent.path}/link`);
  await assertRefused(`${parent.path}/link`, /symbolic link/);
  Deno.symlinkSync(`${parent.path}/nowhere`, `${parent.path}/dangling`);
  await assertRefused(`${parent.path}/dangling`, /symbolic link/);
});

testWith([posix], "a file is refused as a directory", async () => {
  using parent = temporaryDirectory();
  Deno.writeTextFileSync(`${parent.path}/file`, "");
  await assertRefused(`${parent.path}/file`, /not a directory/);
});

testWith([posix, root], "another user's directory is refused", async () => {
  using directory = temporaryDirectory();
  Deno.chownSync(directory.path, 65534, 65534);
  await assertRefused(directory.path, /belongs to user 65534/);
});

testWith([posix, root], "another user's socket is never contacted", async () => {
  using directory = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"], { directory });
  Deno.chownSync(`${directory.path}/${instance.port}@127.0.0.1.sock`, 65534, 65534);
  const { code, stdout } = await instance.run(["-c", "show"]);
  assert.ok(code === 66 || code === 69, `code ${code}`);
  assert.equal(stdout, "");
});

Deno.test("a directory whose parent does not exist is refused with 66", async () => {
  using parent = temporaryDirectory();
  const { code, stdout, stderr } = await run(["-f", "--control-dir", `${parent.path}/a/b`, String(freePort())]);
  assert.deepEqual([code, stdout], [66, ""]);
  assert.match(stderr, /^balance: cannot make control directory [^\n]+\n$/);
});

testWith([posix], "the system's error messages do not show the directory's name unescaped", async () => {
  using parent = temporaryDirectory();
  const path = `${parent.path}/none/\x1b[31m${"y".repeat(500)}`;
  for (const words of [["-f", String(freePort())], [String(freePort())]]) {
    const { code, stderr } = await run(["--control-dir", path, "-b", "127.0.0.1", ...words]);
    assert.equal(code, 66);
    assert.match(
      stderr,
      /^balance: cannot make control directory "[^\n\x1b]+" \(\d+ characters\): No such file[\w ]+\n$/,
    );
  }
});

testWith([linux, otherUsers], "a directory or socket that may not be opened is refused with 66", async () => {
  using users = new OtherUsers();
  const path = `${users.path}/odd\x1b[31m`, before = users.before(61_001);
  Deno.mkdirSync(path, { mode: 0o700 });
  Deno.chownSync(path, 61_001, 61_001);
  await using instance = await Instance.start(["127.0.0.1:1"], { before, directory: { path, [Symbol.dispose]() {} } });
  const socket = `${path}/${instance.port}@127.0.0.1.sock`;
  for (const [place, mode, usual] of [[path, 0o000, 0o700], [path, 0o600, 0o700], [socket, 0o000, 0o600]] as const) {
    Deno.chmodSync(place, mode);
    for (const words of [["-c", "show"], ["-c", "show", `${instance.port}`], ["-i"], ["--list"]]) {
      const { code, stderr } = await run([...words, "--control-dir", path], { before });
      // Of several instances `--list` shows those that it can.
      assert.equal(
        code,
        words[0] === "--list" && (place !== path || mode !== 0) ? 0 : 66,
        `${words} ${mode}: ${stderr}`,
      );
      assert.match(stderr, /^(balance: [^\n\x1b]+: [Pp]ermission denied\n)+$/, `${words} ${mode}`);
    }
    Deno.chmodSync(place, usual);
  }
});

testWith([posix], "a directory that does not exist has no instances", async () => {
  using parent = temporaryDirectory();
  const words = ["--control-dir", `${parent.path}/none`];
  assert.equal((await run(["-c", "show", ...words])).code, 69);
  assert.equal((await run(["--list", ...words])).code, 0);
  assert.deepEqual([...Deno.readDirSync(parent.path)], [], "looking makes nothing");
});

testWith([posix], "a directory with an odd name works and is escaped in messages", async () => {
  using parent = temporaryDirectory();
  const path = `${parent.path}/a b'\x1b[31m"`;
  Deno.mkdirSync(path, { mode: 0o700 });
  await using instance = await Instance.start(["127.0.0.1:1"], { directory: { path, [Symbol.dispose]() {} } });
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
  Deno.chmodSync(path, 0o755);
  const { code, stderr } = await instance.run(["-c", "show"]);
  assert.equal(code, 66);
  assert.match(stderr, /a b'\\x1b\[31m\\"/);
  Deno.chmodSync(path, 0o700);
});

testWith([linux, root, namespaces("--mount")], "root's default directory is /run/balance", async () => {
  const script = `mount -t tmpfs none /run && "$@" -f -b 127.0.0.1 $PORT & pid=$!
    for i in $(seq 600); do [ -S /run/balance/$PORT@127.0.0.1.sock ] && break; sleep 0.05; done
    stat -c '%a %u %n' /run/balance /run/balance/*; "$@" -c version $PORT >/dev/null && "$@" -c kill; wait $pid`;
  const port = String(freePort());
  const { code, stdout } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", script, "sh", ...program],
    env: { PORT: port, NO_COLOR: "1" },
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout),
    `700 0 /run/balance\n600 0 /run/balance/${port}@127.0.0.1.sock\nshutdown complete, exiting.\n`,
  );
  assert.equal(code, 0);
});

testWith(
  [linux, namespaces("--user", "--map-user=1000")],
  "a user's default directory is in XDG_RUNTIME_DIR, or else in the temporary directory",
  async () => {
    const before = ["unshare", "--user", "--map-user=1000"];
    for (const [variable, name] of [["XDG_RUNTIME_DIR", "balance"], ["TMPDIR", "balance-1000"]]) {
      using parent = temporaryDirectory();
      const env = { XDG_RUNTIME_DIR: "", TMPDIR: "/tmp", [variable]: parent.path }, port = String(freePort());
      const started = await run(["-b", "127.0.0.1", port], { before, env });
      assert.deepEqual(started, { code: 0, stdout: "", stderr: backgroundNote });
      assert.equal(mode(`${parent.path}/${name}`), "700");
      assert.equal(mode(`${parent.path}/${name}/${port}@127.0.0.1.sock`), "600");
      // By its port, because root's instances are found too, and any other of the machine's would make the name unclear.
      const killed = await run(["-c", "kill", port], { before, env });
      assert.deepEqual(killed, { code: 0, stdout: "shutdown complete, exiting.\n", stderr: "" });
    }
  },
);
