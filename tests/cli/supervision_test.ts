/** What a service manager, and whoever reads the PID file, learns of the program. */
import assert from "node:assert/strict";
import { Supervision } from "../../src/program/supervision.ts";
import { namedBackend } from "../support/backends.ts";
import { exists } from "../support/exists.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, Instance } from "../support/instance.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

testWith([linux], "a service manager is told when the program serves and when it ends", async () => {
  using directory = temporaryDirectory();
  using socket = new NotifySocket(`${directory.path}/notify`);
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { env: { NOTIFY_SOCKET: socket.address } });
  const status = "STATUS=serving 1 service, 0 connections";
  assert.equal(await socket.told(/READY/), `READY=1\nMAINPID=${instance.pid}\n${status}`);
  assert.equal(await instance.answer(), "here");
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  await socket.told(/^STOPPING=1$/);
  assert.equal(socket.messages.filter((message) => message.includes("WATCHDOG")).length, 0);
});

testWith([linux], "the background process is the service, not the one that started it", async () => {
  using directory = temporaryDirectory();
  using socket = new NotifySocket(`@${directory.path}`);
  await using instance = await BackgroundInstance.start([], { env: { NOTIFY_SOCKET: socket.address } });
  assert.match(await socket.told(/READY/), new RegExp(`^READY=1\nMAINPID=${instance.pid}\n`));
  assert.equal(socket.messages.length, 1);
});

testWith([linux], "a watchdog is told that the program is alive, if it watches this one", async () => {
  using directory = temporaryDirectory();
  using socket = new NotifySocket(`${directory.path}/notify`);
  const env = { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: "100000" };
  {
    await using _ = await Instance.start([], { env: { ...env, WATCHDOG_PID: "1" } });
    await socket.told(/READY/);
  }
  assert.equal(socket.read().some((message) => message === "WATCHDOG=1"), false);
  await using _ = await Instance.start([], { env });
  await socket.told(/^WATCHDOG=1$/);
  socket.messages.length = 0;
  await socket.told(/^WATCHDOG=1$/);
});

testWith([linux], "a service manager that is not there changes nothing", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  const env = { NOTIFY_SOCKET: `${directory.path}/nobody` };
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { env });
  assert.equal(await instance.answer(), "here");
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /stopped\n$/);
});

testWith([posix], "--pid-file holds the process id while the program serves", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`, options = ["--pid-file", "pid"], cwd = directory.path;
  {
    await using instance = await Instance.start([], { options, cwd });
    assert.equal(Deno.readTextFileSync(path), `${instance.pid}\n`);
    instance.signal("SIGTERM");
    await instance.ended();
    assert.equal(exists(path), false);
  }
  await using instance = await BackgroundInstance.start([], { options, cwd });
  assert.equal(Deno.readTextFileSync(path), `${instance.pid}\n`);
  await instance.control("kill");
});

testWith([posix], "an instance that cannot start leaves the PID file of the other alone", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`;
  await using instance = await Instance.start([], { options: ["--pid-file", path] });
  const second = await instance.run(["-f", "-b", "127.0.0.1", "--pid-file", path]);
  assert.equal(second.code, 71, second.stderr);
  assert.equal(Deno.readTextFileSync(path), `${instance.pid}\n`);
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["pid"]);
});

testWith([posix], "a PID file that cannot be written is an error", async () => {
  using directory = temporaryDirectory();
  await using instance = await Instance.start([], { directory });
  for (const foreground of [["-f"], []]) {
    const { code, stderr } = await instance.run([...foreground, "-b", "127.0.0.2", "--pid-file", "/nonexistent/pid"]);
    assert.deepEqual([code, stderr], [
      71,
      'balance: cannot write PID file "/nonexistent/pid": No such file or directory\n',
    ]);
  }
});

testWith([linux], "SIGHUP reads the file of services again, and a service manager is told of it", async () => {
  using directory = temporaryDirectory();
  using socket = new NotifySocket(`${directory.path}/notify`);
  const [one, other] = [freePort(), freePort()], line = (port: number) => `-b 127.0.0.1 ${port} 127.0.0.1:1`;
  await using instance = await FileInstance.start([line(one)], [], { NOTIFY_SOCKET: socket.address });
  await socket.told(/STATUS=serving 1 service,/);
  await instance.write([line(one), line(other)]);
  instance.signal("SIGHUP");
  await socket.told(/STATUS=serving 2 services,/);
  const steps = socket.messages.map((message) => message.split("=")[0]);
  assert.deepEqual(steps.slice(0, 3), ["READY", "RELOADING", "READY"]);
});

testWith(
  [linux],
  "a service manager is told nothing of a reload that is over once the program has begun to end",
  async () => {
    using directory = temporaryDirectory();
    using socket = new NotifySocket(`${directory.path}/notify`);
    const supervision = new Supervision({ notifySocket: socket.address, watchdog: undefined, handedOver: [] });
    supervision.serving(() => "serving");
    supervision.reloading();
    supervision.stopping();
    supervision.reloaded();
    supervision.serving(() => "serving again");
    supervision.close();
    await socket.told(/^STOPPING=1$/);
    assert.deepEqual(socket.read().map((message) => message.split("=")[0]), ["READY", "RELOADING", "STOPPING"]);
  },
);
