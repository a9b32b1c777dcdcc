/** Replacing the program while it serves. */
import assert from "node:assert/strict";
import { ControlClient } from "../../src/control/client.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { askFrom } from "../support/client_from.ts";
import { echo, established } from "../support/echoed.ts";
import { eventually } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, endProcess, Instance } from "../support/instance.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { processesWith, runs } from "../support/processes.ts";
import { program, run, version } from "../support/program.ts";
import { ProgramCopy } from "../support/program_copy.ts";
import { condition, linux, namespaces, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { UPGRADABLE, upgradable, upgrade, upgradedTo } from "../support/upgradable.ts";

testWith(
  [linux],
  "upgrade: a new process serves, with counters and what operators did; the old one drains",
  async () => {
    await using back = echoBackend();
    const channel = `127.0.0.1:${back.port}`;
    await using world = await upgradable([`${channel},weight=3,name=one`, channel, "!", channel]);
    const { instance } = world;
    using client = await established(instance);
    await instance.control("disable 1");
    await instance.control("maxc one 77");
    await instance.control("weight 1 5");
    await instance.control(`create 127.0.0.1 ${back.port}`);
    await instance.control("disable 1 maint");
    await instance.control("drain 2");
    const before = await instance.state();
    await upgrade(instance);
    const after = await instance.state();
    // What is known of connections themselves, such as how long they took, begins anew.
    const anew = { current: 0, oldest: null, rate: 0, times: null };
    const lasting = ({ groups }: typeof before) =>
      groups.map(({ channels, ...group }) => ({ ...group, channels: channels.map((one) => ({ ...one, ...anew })) }));
    assert.deepEqual(lasting(after), lasting(before));
    assert.equal(after.connections, 0);
    // The old connection goes on in the old process, a new one begins in the new one.
    await echo(client, "still here");
    using another = await established(instance);
    assert.equal((await instance.state()).connections, 1);
    await client.finish();
    await client.readToEnd();
    assert.equal(await instance.exit, 0);
    await echo(another, "here too");
  },
);

testWith([linux], "SIGUSR2 upgrades, and so it does again and again", async () => {
  await using back = namedBackend("here");
  await using world = await upgradable([`127.0.0.1:${back.port}`]);
  const { instance } = world, pids = new Set([instance.pid]);
  for (let round = 0; round < 3; round++) {
    const { pid } = await instance.state();
    Deno.kill(pid, "SIGUSR2");
    await instance.untilState("another process serves", (state) => state.pid !== pid);
    pids.add((await instance.state()).pid);
    assert.equal(await instance.answer(), "here");
    await eventually("the old one has ended", () => !runs(pid));
  }
  assert.equal(pids.size, 4);
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
});

testWith([linux], "the new process is the program as it is on disk by then", async () => {
  using copy = new ProgramCopy();
  await using back = namedBackend("here");
  await using world = await upgradable([`127.0.0.1:${back.port}`], { before: copy.before });
  const { instance } = world;
  assert.equal((await instance.state()).version, version);
  copy.setVersion("77.0.0");
  await upgrade(instance);
  assert.equal((await instance.state()).version, "77.0.0");
  assert.equal(await instance.answer(), "here");
});

testWith([linux], "a program that does not start changes nothing, and says why", async () => {
  using copy = new ProgramCopy();
  await using back = namedBackend("here");
  await using world = await upgradable([`127.0.0.1:${back.port}`], { before: copy.before });
  const { instance } = world, files = () => [...Deno.readDirSync(instance.directory.path)].map(({ name }) => name);
  const before = files();
  copy.write("cli.ts", "this is no program\n");
  assert.match(
    await instance.control("upgrade"),
    /^cannot upgrade: the new process ended with code 1 before it was ready: /,
  );
  copy.write("cli.ts", "Deno.exit(3);\n");
  assert.equal(
    await instance.control("upgrade"),
    "cannot upgrade: the new process ended with code 3 before it was ready\n",
  );
  assert.deepEqual(files(), before);
  assert.equal((await instance.state()).pid, instance.pid);
  assert.equal(await instance.answer(), "here");
  await instance.logged(/cannot upgrade: the new process ended with code 3/);
  copy.restore("cli.ts");
  await upgrade(instance);
  assert.equal(await instance.answer(), "here");
});

testWith([linux], "a signal to end during an upgrade ends the new process too", async () => {
  using copy = new ProgramCopy();
  await using world = await upgradable(["127.0.0.1:1"], { before: copy.before });
  const { instance } = world;
  copy.holdAt("cli.ts", "if (import.meta.main)");
  instance.signal("SIGUSR2");
  const successor = await copy.held();
  instance.signal("SIGTERM");
  assert.equal(await instance.exit, 0);
  assert.ok(!runs(successor));
  await instance.logged(/cannot upgrade: this process ends/);
});

testWith([linux], "a second upgrade during one is refused, and nothing can be changed meanwhile", async () => {
  using copy = new ProgramCopy();
  await using world = await upgradable(["127.0.0.1:1"], { before: copy.before });
  const { instance } = world;
  copy.holdAt("cli.ts", "if (import.meta.main)");
  const first = instance.control("upgrade");
  const successor = await copy.held();
  assert.equal(await instance.control("upgrade"), "an upgrade is under way, try again\n");
  assert.equal(await instance.control("disable 0"), "an upgrade is under way, try again\n");
  Deno.kill(successor, "SIGKILL");
  assert.equal(await first, "cannot upgrade: the new process ended by SIGKILL before it was ready\n");
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
});

testWith([linux], "the control socket answers throughout, and PID file and service manager follow", async () => {
  using directory = temporaryDirectory();
  using socket = new NotifySocket(`${directory.path}/notify`);
  const file = `${directory.path}/pid`, env = { NOTIFY_SOCKET: socket.address };
  await using world = await upgradable(["127.0.0.1:1"], { env, options: ["--pid-file", file] });
  const { instance } = world, path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`;
  let over = false, answers = 0;
  const asking = (async () => {
    while (!over) {
      using client = await ControlClient.open(path);
      assert.match((await client.run("version")).text[0], /balance/);
      answers++;
    }
  })();
  for (let round = 0; round < 3; round++) {
    const pid = await upgrade(instance);
    assert.equal(Deno.readTextFileSync(file), `${pid}\n`);
    await socket.told(new RegExp(`^MAINPID=${pid}$`));
  }
  over = true;
  await asking;
  assert.ok(answers > 10, `${answers} answers`);
  await instance.control("kill");
});

testWith([linux], "a background process is replaced by another", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  const options = [...UPGRADABLE, "--pid-file", "pid"];
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`], {
    options,
    directory,
    cwd: directory.path,
  });
  const pid = await upgrade(instance);
  try {
    assert.equal(Deno.readTextFileSync(`${directory.path}/pid`), `${pid}\n`);
    await eventually("the old one has ended", () => !runs(instance.pid));
    assert.equal(await instance.answer(), "here");
    assert.equal(Deno.readTextFileSync(`${directory.path}/pid`), `${pid}\n`);
  } finally {
    await endProcess(pid);
  }
});

testWith([linux], "the portable engine refuses an upgrade, and says why", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--engine", "portable"] });
  const reply = "cannot upgrade: the portable engine cannot hand over its listening sockets\n";
  assert.equal(await instance.control("upgrade"), reply);
  instance.signal("SIGUSR2");
  await instance.logged(/cannot upgrade/);
  assert.equal(await instance.answer(), "here");
});

testWith([linux, root, namespaces("--pid", "--fork")], "process 1 refuses an upgrade, and says why", async () => {
  await using back = namedBackend("here");
  const before = ["unshare", "--pid", "--fork", "--kill-child"];
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: UPGRADABLE, before });
  const reply = "cannot upgrade: it is process 1, and its container would end with it; start a new container instead\n";
  assert.equal(await instance.control("upgrade"), reply);
  assert.equal(await instance.answer(), "here");
});

testWith([linux], "an upgrade reads the file of services again, as a reload does", async () => {
  await using back = namedBackend("here");
  using directory = temporaryDirectory();
  const [kept, named, gone, added] = [freePort(), freePort(), freePort(), freePort()];
  const file = `${directory.path}/services`;
  const line = (name: string, port: number) => `--name ${name} -b 127.0.0.1 ${port} 127.0.0.1:${back.port}\n`;
  Deno.writeTextFileSync(file, line("kept", kept) + line("old-name", named) + line("gone", gone));
  const args = [...UPGRADABLE, "--control-dir", directory.path, "--config", file];
  const started = await run(args);
  assert.equal(started.code, 0, started.stderr);
  const control = async (command: string) => (await run(["-c", command, "--control-dir", directory.path])).stdout;
  const answers = async (port: number) => {
    using client = await Client.connect(port).catch(() => undefined);
    return client === undefined ? undefined : await client.readText();
  };
  try {
    const { pid } = JSON.parse(await control("show json"));
    await control("disable 0");
    assert.equal(await answers(named), "here");
    Deno.writeTextFileSync(file, line("kept", kept) + line("new-name", named) + line("added", added));
    const successor = upgradedTo(await control("upgrade")), state = JSON.parse(await control("show json"));
    assert.equal(state.pid, successor);
    assert.notEqual(state.pid, pid);
    const list = (await run(["--list", "--control-dir", directory.path])).stdout;
    assert.match(list, new RegExp(`^config-${state.pid} +${state.pid} `, "m"), "named after the process that serves");
    assert.deepEqual(state.services.map(({ name }: { name: string }) => name), ["kept", "new-name", "added"]);
    assert.equal(state.services[0].groups[0].channels[0].enabled, false);
    assert.equal(state.services[1].groups[0].channels[0].total, 1, "a service with another name keeps its counters");
    assert.deepEqual([await answers(added), await answers(gone)], ["here", undefined]);
    await control("kill");
  } finally {
    for (const pid of processesWith(directory.path)) await endProcess(pid);
  }
});

testWith([linux], "a SIGHUP to the old process is for the new one", async () => {
  await using back = echoBackend();
  const port = freePort(), lines = [`-b 127.0.0.1 ${port} 127.0.0.1:${back.port}`];
  await using old = await FileInstance.start(lines, [...UPGRADABLE, "--drain-timeout", "1000"]);
  // It keeps the old process alive.
  using client = await Client.connect(port);
  await echo(client, "x");
  const pid = upgradedTo(await old.control("upgrade"));
  try {
    await old.write([...lines, `-b 127.0.0.1 ${freePort()} 127.0.0.1:${back.port}`]);
    old.signal("SIGHUP");
    await old.logged(new RegExp(`process ${pid} is told to reload`));
    await old.logged(/reload: service "\d+": added/);
  } finally {
    await endProcess(pid);
  }
});

const compiled = condition(program.length === 1 && Deno.env.has("BALANCE_PROGRAM"), "needs a compiled program");

testWith([linux, compiled], "a compiled program is replaced by the file that is in its place by then", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  const path = `${directory.path}/balance`, exe = (pid: number) => Deno.readLinkSync(`/proc/${pid}/exe`);
  const install = () => {
    Deno.copyFileSync(program[0], `${path}.new`);
    Deno.renameSync(`${path}.new`, path);
  };
  install();
  const before = ["sh", "-c", `shift; exec '${path}' "$@"`, "sh"];
  await using world = await upgradable([`127.0.0.1:${back.port}`], { before });
  const { instance } = world;
  for (let round = 0; round < 2; round++) {
    const old = (await instance.state()).pid;
    install();
    assert.equal(exe(old), `${path} (deleted)`);
    assert.equal(exe(await upgrade(instance)), path);
    assert.equal(await instance.answer(), "here");
  }
});

testWith([linux], "upgrade: sticky clients keep their channels and the time that they have left", async () => {
  await using a = namedBackend("a");
  await using b = namedBackend("b");
  const channels = [a, b].map(({ address }) => `127.0.0.1:${address.port}`);
  await using world = await upgradable(channels, { options: ["--sticky", "600"] });
  const { instance } = world, ask = (from: string) => askFrom(from, Number(instance.port));
  assert.deepEqual([await ask("127.0.0.2"), await ask("127.0.0.3"), await ask("127.0.0.4")], ["a", "b", "a"]);
  type Client = { readonly address: string; readonly channel: number; readonly left: number };
  const clients = async () => JSON.parse(await instance.control("show sticky json")) as Client[];
  const before = await clients();
  await upgrade(instance);
  const after = await clients();
  assert.deepEqual(after.map(({ address, channel }) => [address, channel]), [
    ["127.0.0.2", 0],
    ["127.0.0.3", 1],
    ["127.0.0.4", 0],
  ]);
  after.forEach(({ left }, i) => assert.ok(left <= before[i].left && left > 500, `${left}`));
  assert.deepEqual([await ask("127.0.0.4"), await ask("127.0.0.3"), await ask("127.0.0.2")], ["a", "b", "a"]);
});
