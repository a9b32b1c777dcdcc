/** Two users of one machine: the second can be nothing but a client of the first one's instance. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { type Outcome, run } from "../support/program.ts";
import { condition, linux, testWith } from "../support/requirements.ts";

const OWNER = 61_001, STRANGER = 61_002;

const needs = [linux, otherUsers];

const fromSource = condition(!Deno.env.has("BALANCE_PROGRAM"), "a compiled program has its sources in it");

/** The owner's instance in the directory that is the default for a user without XDG_RUNTIME_DIR. */
function start(users: OtherUsers): Promise<Instance> {
  const path = `${users.path}/balance-${OWNER}`;
  return Instance.start(["127.0.0.1:1"], {
    before: users.before(OWNER),
    directory: { path, [Symbol.dispose]() {} },
  });
}

/** Tries everything that the program can do with a control directory. */
async function tryAll(users: OtherUsers, uid: number, directory: string, port: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const all = [["-i"], ["-c", "show"], ["-c", "kill", `${port}`], ["-i", `${port}`], ["--list"], [
    "-f",
    `${freePort()}`,
  ]];
  for (const words of all) {
    outcomes.push(await run([...words, "--control-dir", directory], { before: users.before(uid), stdin: "kill\n" }));
  }
  return outcomes;
}

/** What becomes of a connection to a Unix socket. */
function knock(users: OtherUsers, uid: number, socket: string): Promise<string> {
  return users.evaluate(
    uid,
    `try { await Deno.connect({ transport: "unix", path: ${JSON.stringify(socket)} }); console.log("connected"); }
     catch (error) { console.log(error.code); }`,
  );
}

testWith(needs, "a stranger cannot enter, connect to, control or take over somebody else's instance", async () => {
  using users = new OtherUsers();
  await using instance = await start(users);
  const { path } = instance.directory, socket = `${path}/${instance.port}@127.0.0.1.sock`;
  assert.equal(Deno.lstatSync(path).uid, OWNER);
  const { ino } = Deno.lstatSync(socket);
  const attempts = await tryAll(users, STRANGER, path, instance.port);
  for (const { code, stdout, stderr } of attempts) {
    assert.deepEqual({ code, stdout }, { code: 66, stdout: "" });
    assert.match(stderr, /^balance: cannot use control directory "[^\n]+": it belongs to user 61001, not to 61002\n$/);
  }
  assert.match(await users.evaluate(STRANGER, `Deno.readDirSync(${JSON.stringify(path)}).next()`), /Permission denied/);
  assert.equal(await knock(users, STRANGER, socket), "EACCES\n");
  // Even where the owner has opened the directory, the socket is the owner's.
  Deno.chmodSync(path, 0o755);
  assert.equal(await knock(users, STRANGER, socket), "EACCES\n");
  Deno.chmodSync(path, 0o700);
  assert.equal(await knock(users, OWNER, socket), "connected\n", "the owner can");
  const before = users.before(OWNER);
  const shown = await run(["-c", "show"], { before });
  assert.deepEqual([shown.code, shown.stderr], [0, ""], "and finds it without being told where");
  // A stranger cannot take over what is left of a dead program either.
  instance.signal("SIGKILL");
  await instance.exit;
  const reclaiming = await run(["-f", "-b", "127.0.0.1", "--control-dir", path, `${instance.port}`], {
    before: users.before(STRANGER),
  });
  assert.equal(reclaiming.code, 66);
  assert.equal(Deno.lstatSync(socket).ino, ino);
});

testWith(needs, "a directory that a stranger created first in /tmp catches nothing", async () => {
  using users = new OtherUsers();
  const path = `${users.path}/balance-${OWNER}`, port = freePort(), own = `${users.path}/own`;
  const traps: [make: string, why: RegExp][] = [
    [`Deno.umask(0); Deno.mkdirSync(path, { mode: 0o777 })`, /it belongs to user 61002, not to 61001\n$/],
    [`Deno.mkdirSync(own, { mode: 0o777 }); Deno.symlinkSync(own, path)`, /it is a symbolic link\n$/],
    [`Deno.writeTextFileSync(path, "")`, /it is not a directory\n$/],
  ];
  for (const [make, why] of traps) {
    const made = `const path = ${JSON.stringify(path)}, own = ${JSON.stringify(own)}; ${make}`;
    assert.equal(await users.evaluate(STRANGER, made), "");
    for (const outcome of await tryAll(users, OWNER, path, port)) {
      assert.deepEqual([outcome.code, outcome.stdout], [66, ""]);
      assert.match(outcome.stderr, /^balance: cannot use control directory [^\n]+\n$/);
      assert.match(outcome.stderr, why);
    }
    // The same without naming the directory.
    const byDefault = await run(["-f", `${port}`], { before: users.before(OWNER) });
    assert.deepEqual([byDefault.code, why.test(byDefault.stderr)], [66, true], byDefault.stderr);
    Deno.removeSync(path, { recursive: true });
  }
});

testWith(needs, "a trap with a listening socket in it gets no connection from the owner's program", async () => {
  using users = new OtherUsers();
  const path = `${users.path}/balance-${OWNER}`, port = freePort();
  Deno.mkdirSync(path);
  const trap = Deno.listen({ transport: "unix", path: `${path}/${port}@127.0.0.1.sock` });
  for (const file of [path, `${path}/${port}@127.0.0.1.sock`]) {
    Deno.chmodSync(file, 0o777);
    Deno.chownSync(file, STRANGER, STRANGER);
  }
  let caught = 0;
  const accepting = trap.accept().then((connection) => (caught++, connection.close()), () => {});
  await tryAll(users, OWNER, path, port);
  trap.close();
  await accepting;
  assert.equal(caught, 0);
});

testWith(needs, "only root can control root's instance", async () => {
  using users = new OtherUsers();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  for (const { code, stdout, stderr } of await tryAll(users, STRANGER, instance.directory.path, instance.port)) {
    assert.deepEqual({ code, stdout }, { code: 66, stdout: "" });
    assert.match(stderr, /^balance: cannot use control directory "[^\n]+": it belongs to user 0, not to 61002\n$/);
  }
  assert.match(await instance.control("show"), /127\.0\.0\.1/);
});

testWith([otherUsers, fromSource], "save leaves a file alone that belongs to somebody else, and says so", async () => {
  using users = new OtherUsers();
  users.before(OWNER);
  const path = `${users.path}/services.conf`;
  Deno.writeTextFileSync(path, "1");
  Deno.chmodSync(path, 0o666);
  const printed = await users.evaluate(
    OWNER,
    `import { replaceFiles } from "${users.path}/program/src/files/replace_files.ts";
    try {
      replaceFiles([{ path: "${path}", text: "2", before: new TextEncoder().encode("1") }]);
    } catch ({ message }) {
      console.log(message);
    }`,
  );
  const reason = "it belongs to user 0 and group 0, and only root can keep that";
  assert.equal(printed, `cannot write "${path}": ${reason}\n`);
  assert.equal(Deno.readTextFileSync(path), "1");
  assert.ok(![...Deno.readDirSync(users.path)].some(({ name }) => name.includes("services.conf.")));
});
