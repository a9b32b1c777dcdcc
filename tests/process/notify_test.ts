/** What a service manager is told (sd_notify(3)). */
import assert from "node:assert/strict";
import { Notifier } from "../../src/process/notify.ts";
import { linux, testWith } from "../support/requirements.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

for (const kind of ["a path", "an abstract name"]) {
  testWith([linux], `a service manager behind ${kind} is told of every step`, () => {
    using directory = temporaryDirectory();
    const address = kind === "a path" ? `${directory.path}/notify` : `@${directory.path}`;
    using manager = new NotifySocket(address);
    const notifier = new Notifier(address);
    assert.equal(notifier.active, true);
    notifier.ready("2 services");
    notifier.alive();
    notifier.reloading();
    notifier.status("a\nREADY=0\x1b");
    notifier.mainProcess(77);
    notifier.stopping();
    notifier.close();
    const messages = [...manager.read()], reloading = messages.splice(2, 1)[0];
    assert.deepEqual(messages, [
      `READY=1\nMAINPID=${Deno.pid}\nSTATUS=2 services`,
      "WATCHDOG=1",
      "STATUS=a\\x0aREADY=0\\x1b",
      "MAINPID=77",
      "STOPPING=1",
    ]);
    // The same clock as in /proc, as long as the machine never slept.
    const now = Number(/^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(reloading)![1]);
    const uptime = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1e6;
    assert.ok(now > 0 && now < uptime + 1e6, `${now} ${uptime}`);
  });
}

testWith([linux], "what cannot be delivered at first is delivered later, in order", async () => {
  using directory = temporaryDirectory();
  const address = `${directory.path}/notify`, notifier = new Notifier(address);
  notifier.ready("one");
  notifier.status("two");
  notifier.alive();
  using manager = new NotifySocket(address);
  await manager.told(/two/);
  assert.deepEqual(manager.messages.map((message) => message.split("STATUS=")[1]), ["one", "two"]);
  notifier.close();
});

testWith([linux], "what still waits at the end is delivered then, if it can be", () => {
  using directory = temporaryDirectory();
  const address = `${directory.path}/notify`, notifier = new Notifier(address);
  notifier.mainProcess(77);
  using manager = new NotifySocket(address);
  notifier.close();
  assert.deepEqual(manager.read(), ["MAINPID=77"]);
});

testWith([linux], "a service manager that takes nothing holds nobody up", () => {
  using directory = temporaryDirectory();
  using manager = new NotifySocket(`${directory.path}/notify`);
  const notifier = new Notifier(manager.address);
  for (let i = 0; i < 10_000; i++) notifier.status(`${i}`);
  notifier.close();
  assert.ok(manager.read().length < 10_000);
});

testWith([linux], "without a service manager, or with one that speaks otherwise, nothing is sent", () => {
  for (const address of [undefined, "", "relative", "vsock:2:1234", "/" + "x".repeat(200)]) {
    const notifier = new Notifier(address);
    assert.equal(notifier.active, false);
    notifier.ready("x");
    notifier.alive();
    notifier.close();
  }
});
