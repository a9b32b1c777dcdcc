/** Taking channels out of service, as operators and their scripts do. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { ControlSession } from "../support/control_session.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { Terminal, terminals } from "../support/terminal.ts";

/** Clients that have been connected, one after another. */
async function clientsOf(instance: { client(): Promise<Client> }, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = await instance.client();
    clients.push(client);
    assert.equal(await client.readText(), "a");
  }
  return clients;
}

/** Exit code and answer of one command. */
async function outcome(instance: Instance, command: string): Promise<[number, string]> {
  const { code, stdout, stderr } = await instance.run(["-c", command]);
  assert.equal(stderr, "");
  return [code, stdout];
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: a channel is drained to its deadline, while others are served and other sessions answer`,
    async () => {
      await using backend = namedBackend("a");
      const channel = `127.0.0.1:${backend.port}`;
      await using instance = await Instance.start([channel, channel], { options: ["--engine", engine] });
      const clients = await clientsOf(instance, 4);
      const drained = outcome(instance, "drain 0 1.5");
      await instance.logged(/group 0 channel 0 \(.*\) is draining, 2 connections left, to be closed after 1.5 s$/m);
      assert.match(await instance.control("show"), / 0 drn /);
      clients.push(...await clientsOf(instance, 2));
      assert.equal((await instance.channel(1)).current, 4);
      assert.deepEqual(await drained, [0, "channel 0 drained after 2 s, 2 connections closed\n"]);
      await instance.logged(/group 0 channel 0 \(.*\) is not empty in time: closing what is left, 2 connections$/m);
      await instance.logged(/group 0 channel 0 \(.*\) drained, empty after 2 s, 2 connections closed$/m);
      for (const i of [0, 2]) assert.equal(await clients[i].readText(), null);
      assert.deepEqual(await outcome(instance, "shut 1 oldest 1"), [0, "channel 1: 1 connection closed\n"]);
      assert.equal(await clients[1].readText(), null);
      assert.deepEqual(await outcome(instance, "shut 1"), [0, "channel 1: 3 connections closed\n"]);
      assert.deepEqual(await outcome(instance, "wait idle 20"), [0, "the service is idle\n"]);
      assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
      for (const client of clients) client[Symbol.dispose]();
    },
  );
}

Deno.test("drain, wait and shut end with codes for scripts, and -c stops where one of them is refused", async () => {
  await using backend = namedBackend("a");
  await using instance = await Instance.start([`127.0.0.1:${backend.port},name=web1`]);
  const [client] = await clientsOf(instance, 1);
  assert.deepEqual(await outcome(instance, "wait 0 idle 0"), [75, "timed out: channel 0 has 1 connection\n"]);
  assert.deepEqual(await outcome(instance, "wait idle 0.05"), [75, "timed out: the service has 1 connection\n"]);
  assert.deepEqual(await outcome(instance, "wait web1 up"), [0, "channel web1 is up\n"]);
  assert.deepEqual(await outcome(instance, "drain web1"), [0, "channel web1 draining, 1 connection left\n"]);
  assert.deepEqual(await outcome(instance, "wait 0 up 0"), [
    75,
    "timed out: channel 0 is kept out of service: drain\n",
  ]);
  assert.deepEqual(await outcome(instance, "wait 7 idle"), [1, "no such channel 7\n"]);
  assert.deepEqual(await outcome(instance, "drain 7 5"), [1, "no such channel 7\n"]);
  for (
    const wrong of ["wait", "wait 0", "wait 0 idle x", "wait idle 1 2", "wait 0 asleep", "drain 0 -1", "shut 0 oldest"]
      .concat("shut 0 newest 1", "shut 0 oldest -1", "wait idle 9999999999")
  ) assert.deepEqual(await outcome(instance, wrong), [1, "syntax error\n"], wrong);
  assert.deepEqual(await outcome(instance, "wait up 5"), [1, "wait up takes a channel: wait CH up\n"]);
  const { code, stdout } = await instance.run(["-c", "wait 0 idle 0", "-c", "version"]);
  assert.deepEqual([code, stdout], [75, "timed out: channel 0 has 1 connection\n"]);
  const waited = outcome(instance, "wait 0 idle 60");
  client[Symbol.dispose]();
  assert.deepEqual(await waited, [0, "channel 0 is idle\n"]);
  await instance.logged(/group 0 channel 0 \(.*\) drained, empty after \d+ s$/m);
  assert.deepEqual(await outcome(instance, "drain 0 5"), [0, "channel 0 drained after 0 s\n"]);
  assert.deepEqual(await outcome(instance, "drain 0"), [0, "channel 0 drained\n"]);
  assert.deepEqual(await outcome(instance, "shut 0"), [0, "channel 0: 0 connections closed\n"]);
});

Deno.test("maintenance is a way to disable a channel, and enable ends it", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  assert.equal(await instance.control("disable 0 maint"), "channel 0 disabled for maintenance\n");
  assert.equal(await instance.control("disable 0 maint"), "channel 0 already disabled for maintenance\n");
  assert.equal(await instance.control("disable 0 other"), "syntax error\n");
  assert.equal(await instance.control("disable 0"), "channel 0 already disabled\n");
  assert.deepEqual((await instance.channel(0)).disabledBy, ["operator", "maintenance"]);
  assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
  assert.deepEqual((await instance.channel(0)).disabledBy, []);
});

Deno.test("a channel in maintenance is not checked, until it is enabled; one that is drained is", async () => {
  await using backend = namedBackend("a");
  await using instance = await Instance.start([`127.0.0.1:${backend.port}`], { options: ["--check", "tcp"] });
  const isChecked = async () => (await instance.channel(0)).health !== undefined;
  await instance.control("drain 0");
  assert.ok(await isChecked());
  await instance.control("disable 0 maint");
  assert.ok(!await isChecked());
  assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
  assert.ok(await isChecked());
  assert.deepEqual(await outcome(instance, "wait 0 up 20"), [0, "channel 0 is up\n"]);
});

Deno.test("a drain that is waited for ends when the channel is enabled, or drained again", async () => {
  await using backend = namedBackend("a");
  await using instance = await Instance.start([`127.0.0.1:${backend.port}`]);
  const [client] = await clientsOf(instance, 1);
  const first = outcome(instance, "drain 0 2000000000");
  await instance.logged(/is draining/);
  const second = outcome(instance, "drain 0 2000000001");
  assert.deepEqual(await first, [1, "another drain of channel 0 has begun\n"]);
  assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
  assert.deepEqual(await second, [1, "channel 0 has been enabled again\n"]);
  client[Symbol.dispose]();
});

testWith(
  [posix],
  "a wait reports a reload that removes its channel, and does not notice any other",
  async () => {
    await using backend = namedBackend("a");
    const port = freePorts(2), web = `-b 127.0.0.1 --name web ${port}`, mail = `-b 127.0.0.1 --name mail ${port + 1}`;
    const back = `127.0.0.1:${backend.port}`;
    await using instance = await FileInstance.start([`${web} ${back} ${back}`, `${mail} ${back}`]);
    const clients: Client[] = [];
    for (const each of [port, port, port + 1]) {
      const client = await Client.connect(each);
      clients.push(client);
      assert.equal(await client.readText(), "a");
    }
    const drain = instance.run("drain 1 2000000000", "web");
    await instance.logged(/channel 1 .*is draining/);
    const service = instance.run("wait idle", "mail"), channel = instance.run("wait 0 idle", "web");
    await instance.write([`${web} -T 99 ${back} ${back}`, `${mail} ${back}`]);
    // By starting the program, as those that wait do: they come first.
    await instance.run("reload");
    assert.match(await instance.control("show web"), / 1 drn /, "a reload leaves it as it is");
    await instance.write([`${web} -T 99 127.0.0.1:1`]);
    await instance.control("reload");
    assert.deepEqual(pick(await drain), [1, "channel 1 has been removed\n"]);
    assert.deepEqual(pick(await channel), [1, "channel 0 has been removed\n"]);
    assert.match(pick(await service)[1] as string, /service "mail" has been removed/);
    assert.equal((await service).code, 1);
    for (const client of clients) client[Symbol.dispose]();
  },
);

testWith([linux], "a wait ends with its session, and the deadline of a drain does not", async () => {
  await using backend = namedBackend("a");
  await using instance = await Instance.start([`127.0.0.1:${backend.port}`]);
  const path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`, clients = await clientsOf(instance, 1);
  // More sessions than there can be, one after another: each must be given back.
  for (let i = 0; i < 70; i++) {
    using session = await ControlSession.open(path);
    await session.send("wait 0 idle\n");
    assert.ok(await session.until(/^balance .*\n/));
  }
  {
    using session = await ControlSession.open(path);
    await session.send("drain 0 0.5\n");
    await instance.logged(/is draining/);
  }
  assert.equal(await clients[0].readText(), null);
  await instance.logged(/drained, empty after \d s, 1 connection closed$/m);
  // What was sent while a command waited is answered after it.
  using session = await ControlSession.open(path);
  await session.send("wait 0 idle\ngroup 3\nquit\n");
  assert.match(await session.toEnd(), /\nok 1 0\nchannel 0 is idle\nok 0 3\nbye 0 3\n$/);
  for (const client of clients) client[Symbol.dispose]();
});

testWith([...terminals], "on a terminal, a line shows what is waited for and goes away in the end", async () => {
  await using backend = namedBackend("a");
  await using instance = await Instance.start([`127.0.0.1:${backend.port}`]);
  const [client] = await clientsOf(instance, 1);
  const args = ["-c", "drain 0 600", "--control-dir", instance.directory.path, String(instance.port)];
  await using terminal = new Terminal(args, {}, 60);
  await terminal.screen.until(/\rchannel 0 has 1 connection, \d+ s\x1b\[K/);
  client[Symbol.dispose]();
  assert.equal(await terminal.ended(), 0);
  assert.match(terminal.screen.text, /\r\x1b\[Kchannel 0 drained after \d+ s\r\n$/);
});

function pick({ code, stdout }: { code: number; stdout: string }): [number, string] {
  return [code, stdout];
}
