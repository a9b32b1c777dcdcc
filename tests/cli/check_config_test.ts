/** `--check-config`: what a start with a file of services would meet, and its exit code, with nothing started. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { type Outcome, programPath, run, type RunOptions } from "../support/program.ts";
import { linux, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Checks a file with this text. The program sees it as `a.conf`. */
async function check(text: string | Uint8Array, options: RunOptions = {}): Promise<Outcome> {
  using directory = temporaryDirectory();
  if (typeof text === "string") Deno.writeTextFileSync(`${directory.path}/a.conf`, text);
  else Deno.writeFileSync(`${directory.path}/a.conf`, text);
  const outcome = await run(
    ["--check-config", "--config", "a.conf", "--control-dir", `${programPath(directory.path)}/run`],
    { cwd: directory.path, ...options },
  );
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["a.conf"]);
  return outcome;
}

const [one, two] = [freePort(), freePort()];

Deno.test("a file without faults is valid, and nothing is started", async () => {
  const { code, stdout, stderr } = await check(
    `defaults -t 2\nbalance --name web -b 127.0.0.1 ${one} localhost:1 ! 127.0.0.1:2\n-b 127.0.0.1 ${two}\n`,
  );
  assert.deepEqual([code, stdout, stderr], [0, "a.conf is valid: 2 services, 2 ports, 2 channels\n", ""]);
  Deno.listen({ hostname: "127.0.0.1", port: one }).close();
});

Deno.test("all faults are shown with their lines, and a mark below the word", async () => {
  const { code, stdout, stderr } = await check(
    `${one} \u0007$x\n\tx\n-t  z\t${two}\nbalance --conect-timeout 3 ${two}\n-b 127.0.0.1 ${one} a:b:c\n`,
  );
  assert.deepEqual([code, stdout], [64, ""]);
  assert.deepEqual(stderr.split("\n"), [
    `balance: a.conf:1:${String(one).length + 2}: a control character (U+0007); put it in quotes to use it literally`,
    `  ${one} \\x07$x`,
    `  ${" ".repeat(String(one).length)} ^^^^`,
    `a.conf:3:5: option -t takes seconds, 0.001 to 2147483647: "z"`,
    `  -t  z\t${two}`,
    "      ^",
    `a.conf:4:9: unknown option "--conect-timeout", did you mean --connect-timeout?`,
    `  balance --conect-timeout 3 ${two}`,
    "          ^^^^^^^^^^^^^^^^",
    `a.conf:5:${String(one).length + 15}: invalid channel address "a:b:c": "b" is not a port`,
    `  -b 127.0.0.1 ${one} a:b:c`,
    `  ${" ".repeat(String(one).length + 14)}^^^^^`,
    "",
  ]);
});

Deno.test("two names of one address are one place to listen on, as at a start", async () => {
  const { code, stderr } = await check(`-b 127.0.0.1 -b localhost ${one} a:1:1\n`);
  assert.doesNotMatch(stderr, /in use/);
  assert.equal(code, 0, stderr);
});

Deno.test("a host name that does not resolve is a warning", async () => {
  const { code, stdout, stderr } = await check(`-b 127.0.0.1 ${one} nobody.invalid:80\n`);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^a\.conf is valid/);
  assert.match(
    stderr,
    /^balance: warning: a\.conf:1:\d+: cannot resolve host: "nobody\.invalid" .*unresolved\n.*\n +\^+\n$/,
  );
});

Deno.test("a port in use is found, with the code that a start has", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await check(`-b 127.0.0.1 ${one},${listener.addr.port} a:1\n`);
  assert.equal(code, 71);
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${listener.addr.port}: the port is in use\n`));
});

Deno.test("an address of another machine, a loop and an option that the engine lacks are found together", async () => {
  const { code, stderr } = await check(
    `process --engine portable\n-b 192.0.2.1 ${one}\n--name b -k 9 -b 127.0.0.1 ${two} 127.0.0.1\n`,
  );
  assert.equal(code, 65);
  assert.match(stderr, /^balance: a\.conf:3:\d+: channel "127\.0\.0\.1" is this balancer itself/);
  assert.match(stderr, /\na\.conf:3:13: the portable engine has no keep-alive times\n/);
  assert.match(
    stderr,
    /a\.conf:2:4: cannot listen on 192\.0\.2\.1:\d+: the address does not belong to this machine\n/,
  );
});

testWith([linux, root], "an unknown user and a log file that cannot be written are found", async () => {
  const { code, stderr } = await check(`process --user nobody-at-all --log-file /none/x\n-b 127.0.0.1 ${one}\n`);
  assert.equal(code, 71);
  assert.match(
    stderr,
    /^balance: cannot open log file "\/none\/x".*\ncannot become user "nobody-at-all": there is no such user\n/,
  );
});

Deno.test("what metrics and page need is looked for: places that are free, and tokens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr, views = `--metrics ${port} --web ${one} --web-token /none/x`;
  const { code, stderr } = await check(`process ${views}\n-b 127.0.0.1 ${one} a:1\n`);
  assert.equal(code, 71);
  assert.match(
    stderr,
    new RegExp(
      'balance: option --web-token: token file "/none/x": does not exist\n' +
        `cannot listen on 127\\.0\\.0\\.1:${port} for --metrics: it is in use\n` +
        `cannot listen on 127\\.0\\.0\\.1:${one} for --web: it is in use\n`,
    ),
  );
  const together = await check(`process --web-token x\n-b 127.0.0.1 ${one} a:1\n`);
  assert.deepEqual([together.code, together.stderr.split("\n").slice(-2)[0]], [
    64,
    "balance: option --web-token needs --web",
  ]);
});

testWith([posix], "a Unix socket for metrics is not made, nor one that is dead removed", async () => {
  using directory = temporaryDirectory();
  const dead = `${directory.path}/dead`, alive = `${directory.path}/alive`;
  // As after a crash: whoever closes a socket removes it.
  const crashed = Deno.listen({ transport: "unix", path: `${directory.path}/new` });
  Deno.renameSync(`${directory.path}/new`, dead);
  crashed.close();
  using _listener = Deno.listen({ transport: "unix", path: alive });
  const checked = async (path: string) => (await check(`process --metrics ${path}\n-b 127.0.0.1 ${one} 127.0.0.1:1\n`));
  for (const path of [dead, `${directory.path}/none`]) assert.deepEqual((await checked(path)).stderr, "");
  assert.match((await checked(alive)).stderr, /alive for --metrics: another process answers there\n$/);
  assert.match(
    (await checked("/none/x")).stderr,
    /cannot listen on \/none\/x for --metrics: there is no such directory\n$/,
  );
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name).sort(), ["alive", "dead"]);
});

Deno.test("a file that is not there is refused with 66, and so is a directory", async () => {
  using directory = temporaryDirectory();
  for (const path of [`${directory.path}/none`, directory.path]) {
    const { code, stdout, stderr } = await run(["--check-config", "-C", programPath(path)]);
    assert.deepEqual([code, stdout], [66, ""]);
    assert.match(stderr, /^balance: cannot read ".*": .*\n$/);
  }
});

testWith([posix], "a FIFO is refused at once", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/fifo`;
  assert.ok(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
  const { code, stderr } = await run(["--check-config", "--config", path]);
  assert.deepEqual([code, stderr], [66, `balance: cannot read "${path}": it is a FIFO, not a file\n`]);
});

testWith([otherUsers], "a file that is not ours to read is refused", async () => {
  using users = new OtherUsers();
  const path = `${users.path}/a.conf`;
  Deno.writeTextFileSync(path, "80 x\n");
  Deno.chmodSync(path, 0o600);
  const { code, stderr } = await run(["--check-config", "--config", path], { before: users.before(1234) });
  assert.deepEqual([code, stderr], [66, `balance: cannot read "${path}": permission denied\n`]);
});

Deno.test("bytes that are no text are refused where they are", async () => {
  const { code, stderr } = await check(new Uint8Array([0x38, 0x30, 10, 0x38, 0x31, 0x20, 0xff, 0xfe, 10]));
  assert.equal(code, 64);
  assert.equal(stderr, "balance: a.conf:2:4: this is not UTF-8; save the file as UTF-8\n  81 \ufffd\ufffd\n     ^\n");
});

Deno.test("ten thousand services are checked", async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `--name s${i} -b 127.${1 + (i >> 15)}.${i >> 8}.${i & 255} 1 x\n`,
  );
  const { code, stderr } = await check(lines.join("") + "$\n");
  assert.equal(code, 64);
  assert.match(stderr, /^balance: a\.conf:10001:1: "\$" outside single quotes/);
});

Deno.test("the verdict is that of a start, whatever is wrong first", async (t) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const used = listener.addr.port;
  const cases: readonly (readonly [what: string, text: string, code: number])[] = [
    ["no service", "# nothing yet\n", 64],
    ["a PID file that cannot be written", `process --pid-file nowhere/pid\n-b 127.0.0.1 ${one} 127.0.0.1:1\n`, 71],
    ["a port in use before a loop", `-b 127.0.0.1 ${used} 127.0.0.1:1\n-b 127.0.0.1 ${one} 127.0.0.1\n`, 65],
    ["a port in use and no such user", `process --user nobody-here\n-b 127.0.0.1 ${used} 127.0.0.1:1\n`, 71],
    ["an address that the source cannot reach", `-b 127.0.0.1 -B ::1 ${one} 127.0.0.1:1\n`, 65],
    ["a number that is no address", `-b 127.0.0.1 ${one} 300.1.1.1:80\n`, 65],
  ];
  for (const [what, text, expected] of cases) {
    await t.step(what, async () => {
      using directory = temporaryDirectory();
      Deno.writeTextFileSync(`${directory.path}/a.conf`, text);
      const words = ["--config", "a.conf", "--control-dir", `${programPath(directory.path)}/run`];
      const checked = await run(["--check-config", ...words], { cwd: directory.path });
      const started = await run(["-f", ...words], { cwd: directory.path });
      assert.deepEqual([checked.code, started.code], [expected, expected], checked.stderr + started.stderr);
    });
  }
});
