/** What a service manager that opens the sockets sees of reloads and upgrades. */
import assert from "node:assert/strict";
import { ListeningSocket } from "../process/listening_socket.ts";
import { activate } from "../support/activated.ts";
import { namedBackend } from "../support/backends.ts";
import { CollectedText } from "../support/collected_text.ts";
import { answerOn } from "../support/file_instance.ts";
import { endProcess } from "../support/instance.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { lookAt, processesWith } from "../support/processes.ts";
import { run } from "../support/program.ts";
import { installed, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradedTo } from "../support/upgradable.ts";

/** What has been told besides signs of life, up to the next message that matches. */
async function heard(manager: NotifySocket, last: RegExp): Promise<string[]> {
  await manager.told(last);
  const end = manager.messages.findIndex((message) => last.test(message)) + 1;
  return manager.messages.splice(0, end).filter((message) => !/^(WATCHDOG|STATUS)=/.test(message));
}

testWith(
  [linux, installed("bash")],
  "its sockets stay through reloads and upgrades, and it hears of each",
  async () => {
    using directory = temporaryDirectory();
    using manager = new NotifySocket(`${directory.path}/notify`);
    // Its queue holds ten messages; it is read all the time, as by a service manager.
    const reading = setInterval(() => manager.read(), 10);
    using socket = new ListeningSocket();
    await using one = namedBackend("one");
    await using other = namedBackend("other");
    const file = `${directory.path}/services`, inode = Deno.readLinkSync(`/proc/self/fd/${socket.descriptor}`);
    const write = (port: number) => Deno.writeTextFileSync(file, `--name web ${socket.port} 127.0.0.1:${port}\n`);
    const control = async (command: string) => (await run(["-c", command, "--control-dir", directory.path])).stdout;
    write(one.port);
    const args = ["-f", "--engine", "linux", "--control-dir", directory.path, "--config", file];
    const child = activate([{ descriptor: socket.descriptor, name: "web" }], args, {
      NOTIFY_SOCKET: manager.address,
      WATCHDOG_USEC: "200000",
    });
    const stderr = new CollectedText(child.stderr), stdout = new CollectedText(child.stdout);
    let pid = child.pid, reloaded = 0;
    const ready = () => `READY=1\nMAINPID=${pid}\nSTATUS=serving 1 service, 0 connections`;
    const serves = async (name: string) => {
      assert.equal(await answerOn(socket.port), name);
      assert.ok(lookAt(pid).descriptors.includes(inode));
    };
    const reloads = async () => {
      const [reloading, ...more] = await heard(manager, /^READY/);
      const time = Number(/^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(reloading)?.[1]);
      assert.ok(time > reloaded, reloading);
      reloaded = time;
      assert.deepEqual(more, [ready()]);
    };
    try {
      assert.deepEqual(await heard(manager, /^READY/), [ready()]);
      for (let round = 0; round < 2; round++) {
        await serves("one");
        write(other.port);
        Deno.kill(pid, "SIGHUP");
        await reloads();
        await serves("other");
        write(one.port);
        assert.match(await control("reload"), /channel "127.0.0.1:\d+" added/);
        await reloads();
        await control("reload --dry-run");
        Deno.writeTextFileSync(file, "--nonsense\n");
        assert.match(await control("reload"), /nonsense/);
        // It is over as well when nothing came of it.
        await reloads();
        write(one.port);
        pid = upgradedTo(await control("upgrade"));
        // A process that is not the main one is not heard.
        assert.deepEqual(await heard(manager, /^READY/), [`MAINPID=${pid}`, ready()]);
        await manager.told(/^WATCHDOG=1$/);
        await serves("one");
      }
      Deno.kill(pid, "SIGTERM");
      assert.deepEqual(await heard(manager, /^STOPPING/), ["STOPPING=1"]);
    } finally {
      clearInterval(reading);
      for (const left of processesWith(directory.path)) await endProcess(left);
      await Promise.all([child.status, stderr.ended, stdout.ended]);
    }
  },
);
