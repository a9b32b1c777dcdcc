/** Which instance `-c`, `-i` and `--list` mean. */
import assert from "node:assert/strict";
import { Client } from "../support/client.ts";
import { namedBackend } from "../support/backends.ts";
import { freePort, freePorts } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { privateListener } from "../support/private_listener.ts";
import { programPath, run, type RunOptions, version } from "../support/program.ts";
import { ipv6, notUnderWine, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** The program with a control directory. */
function within(path: string) {
  return (args: readonly string[], options?: RunOptions) => run([...args, "--control-dir", programPath(path)], options);
}

Deno.test("two instances run side by side, each with its own channels and control", async () => {
  using directory = temporaryDirectory();
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  await using first = await Instance.start([`127.0.0.1:${one.port}`], { directory });
  await using second = await Instance.start([`127.0.0.1:${two.port}`], { directory });
  assert.deepEqual([await first.answer(), await second.answer()], ["one", "two"]);
  assert.equal(await first.control("disable 0"), "channel 0 disabled\n");
  assert.deepEqual([await first.answer(), await second.answer()], ["", "two"]);
  assert.equal(await second.control("kill"), "shutdown complete, exiting.\n");
  assert.equal(await second.ended(), 0);
  assert.equal(await first.control("enable 0"), "channel 0 enabled\n");
  assert.equal(await first.answer(), "one");
});

testWith(
  [notUnderWine],
  "the port can be left out while one instance runs, otherwise the candidates are listed",
  async () => {
    using directory = temporaryDirectory();
    const balance = within(directory.path), port = freePorts(2);
    const nobody = {
      code: 69,
      stdout: "",
      stderr: nobodyThere(directory, "no instance"),
    };
    for (const args of [["-c", "show"], ["-i"]]) assert.deepEqual(await balance(args), nobody);
    await using first = await Instance.start(["127.0.0.1:1"], { directory, port });
    assert.equal((await balance(["-c", "disable 0"])).stdout, "channel 0 disabled\n");
    assert.match((await balance(["-i"], { stdin: "disable 0\n" })).stdout, /channel 0 already disabled\n/);
    await using second = await Instance.start(["127.0.0.1:1"], { directory, port: port + 1 });
    for (const args of [["-c", "show"], ["-i"]]) {
      const { code, stdout, stderr } = await balance(args);
      assert.deepEqual([code, stdout], [69, ""]);
      assert.equal(
        stderr,
        "balance: several instances are running, name one by its port and -b address:\n" +
          `  -b 127.0.0.1 ${port}\n  -b 127.0.0.1 ${port + 1}\n`,
      );
    }
    assert.equal((await balance(["-c", "disable 0", String(port + 1)])).stdout, "channel 0 disabled\n");
    assert.equal((await balance(["-c", "kill", String(port)])).code, 0);
    assert.equal(await first.ended(), 0);
    assert.equal((await balance(["-c", "enable 0"])).stdout, "channel 0 enabled\n", "one is left");
    assert.deepEqual(await balance(["-c", "show", String(port)]), {
      ...nobody,
      stderr: nobodyThere(directory, `no service on port ${port}`),
    });
    assert.equal((await second.channel(0)).enabled, true);
  },
);

testWith([ipv6], "-b tells instances on one port apart, in any notation of the address", async () => {
  using directory = temporaryDirectory();
  const balance = within(directory.path), port = freePort();
  await using back = namedBackend("here");
  const channels = [`127.0.0.1:${back.port}`];
  await using _four = await Instance.start(channels, { directory, port, bind: "127.0.0.1" });
  assert.equal((await balance(["-c", "maxc 0 4", String(port)])).stdout, "maxc of channel 0 changed to 4\n");
  await using six = await Instance.start(channels, { directory, port, bind: "::1" });
  const { code, stderr } = await balance(["-c", "show", String(port)]);
  assert.equal(code, 69);
  assert.deepEqual(stderr.split("\n").slice(1).sort(), ["", `  -b 127.0.0.1 ${port}`, `  -b ::1 ${port}`]);
  for (const [bind, maxc] of [["127.0.0.1", 4], ["::ffff:127.0.0.1", 4], ["::1", 0], ["0:0::0:1", 0], ["[::1]", 0]]) {
    const { stdout } = await balance(["-b", String(bind), "-c", "show json", String(port)]);
    assert.equal(JSON.parse(stdout).groups[0].channels[0].maxc, maxc, `-b ${bind}`);
  }
  assert.equal((await balance(["-b", "127.0.0.2", "-c", "show", String(port)])).code, 69);
  assert.equal(await six.answer("::1"), "here");
});

testWith([notUnderWine], "a service name works like the port's number, and a host name like its address", async () => {
  using directory = temporaryDirectory();
  const balance = within(directory.path);
  // 1433, which no other test has: names are known on every system.
  await using _instance = await Instance.start(["127.0.0.1:1"], { directory, port: 1433, bind: "localhost" });
  assert.equal((await balance(["-c", "disable 0", "ms-sql-s"])).stdout, "channel 0 disabled\n");
  assert.equal((await balance(["-c", "enable 0", "-b", "127.0.0.1", "ms-sql-s"])).stdout, "channel 0 enabled\n");
  assert.equal((await balance(["-c", "enable 0", "-b", "localhost"])).stdout, "channel 0 already enabled\n");
});

Deno.test("--list shows every running instance in a table", async () => {
  using directory = temporaryDirectory();
  const balance = within(directory.path), port = freePorts(2);
  assert.deepEqual(await balance(["--list"]), {
    code: 0,
    stdout: "",
    stderr: `balance: no instance is running in "${programPath(directory.path)}"\n`,
  });
  await using back = namedBackend("here");
  const [first, second] = [port, port + 1].map(String);
  await using a = await Instance.start([`127.0.0.1:${back.port}`, "127.0.0.1:1"], { directory, port });
  await using b = await Instance.start([], { directory, port: port + 1, bind: "0.0.0.0" });
  using held = await Client.connect(port);
  await held.readExactly(4);
  await a.control("disable 1");
  const { code, stdout, stderr } = await balance(["--list"]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const [pidA, pidB] = [(await a.state()).pid, (await b.state()).pid].map(String);
  const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows[0], ["ADDRESS", "PID", "VERSION", "UPTIME", "CONNECTIONS", "CHANNELS"]);
  assert.match(rows[1].splice(3, 1)[0], /^\d+s$/);
  assert.match(rows[2].splice(3, 1)[0], /^\d+s$/);
  assert.deepEqual(rows.slice(1), [
    [`127.0.0.1:${first}`, pidA, version, "1", "1 of 2 enabled"],
    [`0.0.0.0:${second}`, pidB, version, "0", "0 of 0 enabled"],
  ]);
  await a.control("enable 1");
  using other = await Client.connect(port);
  await other.readExactly(4);
  const later = await balance(["--list"]);
  assert.match(later.stdout, new RegExp(`^127\\.0\\.0\\.1:${first} .* 2 +2 of 2 enabled, 1 failing$`, "m"));
});

testWith([notUnderWine], "anything in the control directory that is not an entry is skipped", async () => {
  using directory = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"], { directory });
  for (const name of ["notes.txt", "x@y.sock", "99999999@0.0.0.0.sock", ".sock", "1@2.pipe.bak"]) {
    Deno.writeTextFileSync(`${directory.path}/${name}`, "nothing\n");
  }
  Deno.writeTextFileSync(`${directory.path}/7@127.0.0.1.sock`, "a file, no socket\n");
  Deno.mkdirSync(`${directory.path}/9@127.0.0.1.sock`);
  const balance = within(directory.path);
  assert.equal((await balance(["-c", "disable 0"])).stdout, "channel 0 disabled\n");
  const { code, stdout } = await balance(["--list"]);
  assert.deepEqual([code, stdout.split("\n").length], [0, 3], stdout);
  assert.match(stdout, new RegExp(`^127\\.0\\.0\\.1:${instance.port} `, "m"));
});

testWith([notUnderWine], "--list --json has the contents of the table, and where it looked", async () => {
  using directory = temporaryDirectory();
  const balance = within(directory.path), directories = [programPath(directory.path)], user = Deno.uid() ?? 0;
  const empty = await balance(["--list", "--json"]);
  assert.deepEqual([empty.code, empty.stderr], [0, ""]);
  assert.deepEqual(JSON.parse(empty.stdout), { directories, instances: [], problems: [] });
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2"], { directory });
  await instance.control("disable 1");
  const { code, stdout, stderr } = await balance(["--json", "--list"]);
  assert.deepEqual([code, stderr, stdout.split("\n").length], [0, "", 2]);
  const { instances: [{ uptime, ...rest }, ...others], ...found } = JSON.parse(stdout);
  assert.ok(Number.isInteger(uptime));
  assert.deepEqual({ found, others }, { found: { directories, problems: [] }, others: [] });
  assert.deepEqual(rest, {
    ...{ address: "127.0.0.1", port: instance.port, directory: directories[0], user },
    ...{ pid: (await instance.state()).pid, version, connections: 0, channels: 2, enabled: 1, failing: 0 },
    config: null,
    services: [{
      name: String(instance.port),
      ...{ addresses: ["127.0.0.1"], ports: [{ first: instance.port, last: instance.port }] },
      ...{ connections: 0, channels: 2, enabled: 1, failing: 0 },
    }],
  });
});

testWith([posix], "--list --json lists instances that do not answer under problems", async () => {
  using directory = temporaryDirectory();
  using listener = privateListener(`${directory.path}/8080@127.0.0.1.sock`);
  const answering = listener.accept().then(async (connection) => {
    await connection.write(new TextEncoder().encode('balance 1 1 0.1.0\nok 1 0\n{"pid":"\\u001b[31m"}\n'));
    await connection.read(new Uint8Array(99));
    connection.close();
  });
  const { code, stdout } = await within(directory.path)(["--list", "--json"]);
  await answering;
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout).problems, [{
    ...{ address: "127.0.0.1", port: 8080, directory: directory.path, user: Deno.uid() },
    problem: "cannot read state: it does not answer as balance does",
  }]);
});

testWith([notUnderWine], "BALANCE_CONTROL_DIR names the directory for everything, and --control-dir wins", async () => {
  using directory = temporaryDirectory();
  using other = temporaryDirectory();
  const env = { BALANCE_CONTROL_DIR: programPath(directory.path) }, port = freePort();
  const started = await run(["-b", "127.0.0.1", String(port), "127.0.0.1:1"], { env });
  assert.deepEqual([started.code, started.stdout], [0, ""]);
  assert.equal((await run(["-c", "disable 0"], { env })).stdout, "channel 0 disabled\n");
  assert.match((await run(["-i"], { env, stdin: "enable 0\n" })).stdout, /channel 0 enabled\n/);
  assert.match((await run(["--list"], { env })).stdout, new RegExp(`^127\\.0\\.0\\.1:${port} `, "m"));
  assert.equal((await within(other.path)(["-c", "disable 0"], { env })).code, 69);
  assert.deepEqual(JSON.parse((await within(other.path)(["--list", "--json"], { env })).stdout).instances, []);
  assert.equal((await within(directory.path)(["-c", "kill"])).stdout, "shutdown complete, exiting.\n");
});
