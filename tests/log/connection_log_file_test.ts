/** The file of a log of connections: opened, moved, full, closed, and handed on to a successor. */
import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { exchange, linesOf } from "../support/connection_log.ts";
import { eventually, pause } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

testWith([posix], "a file is opened again when it was moved, when it was deleted, and on SIGUSR1", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const log = `${directory.path}/log`;
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
    options: [`--connection-log=${log}`, "--connection-log-format", "%U"],
  });
  assert.equal((await Deno.stat(log)).mode! & 0o777, 0o640);
  await exchange(instance.port, 1);
  await linesOf(log, 1);
  await Deno.rename(log, `${log}.1`);
  // Whoever comes within the same second may still get a line in the old file.
  let sent = 2;
  const there = () => Deno.stat(log).then(() => true, () => false);
  for (; !await there(); sent++) {
    await exchange(instance.port, sent);
    await pause(50);
  }
  // Nothing is written to the old file any more once the new one is there.
  const before = await linesOf(`${log}.1`, 1), lines = [...before, ...await linesOf(log, sent - 1 - before.length)];
  assert.deepEqual(lines, Array.from({ length: sent - 1 }, (_, i) => String(i + 1)));
  await Deno.remove(log);
  await pause(1_000);
  await exchange(instance.port, 77);
  assert.deepEqual(await linesOf(log, 1), ["77"]);
  await Deno.rename(log, `${log}.2`);
  instance.signal("SIGUSR1");
  await linesOf(log, 0);
  while (!await there()) await pause(5);
  await exchange(instance.port, 88);
  assert.deepEqual(await linesOf(log, 1), ["88"]);
});

testWith([linux], "on a full disk lines are lost, counted and said to be, and clients are served", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--connection-log=/dev/full"] });
  for (let i = 0; i < 3; i++) await exchange(instance.port, 1);
  assert.match(
    await instance.logged(/lost/),
    /warning connection log "\/dev\/full": \d lines? lost: No space left on device$/,
  );
  await instance.untilState("all are counted", ({ services: [{ connectionLog }] }) => connectionLog!.lost === 3);
  const { services: [{ connectionLog }] } = await instance.state();
  assert.deepEqual(connectionLog, { target: "/dev/full", problem: "No space left on device", lost: 3, skipped: 0 });
});

testWith([linux], "a disk that is full only later is named as the reason for lost lines", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const log = `${directory.path}/log`;
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: [`--connection-log=${log}`] });
  await exchange(instance.port, 1);
  await linesOf(log, 1);
  // Every second, the program looks for losses: once here, when there are none.
  await pause(1_100);
  Deno.removeSync(log);
  Deno.symlinkSync("/dev/full", log);
  await exchange(instance.port, 1);
  assert.match(await instance.logged(/lost/), /: 1 line lost: No space left on device$/);
});

testWith(
  [linux],
  "a reader that is too slow loses lines, which are counted and said to be, and no client waits",
  async () => {
    using directory = temporaryDirectory();
    await using back = echoBackend();
    const pipe = `${directory.path}/pipe`, count = 1500, filler = "x".repeat(8000);
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
      options: [`--connection-log=${pipe}`, "--connection-log-format", `%ID ${filler}`],
    });
    let left = count;
    await Promise.all(Array.from({ length: 20 }, async () => {
      while (left-- > 0) await exchange(instance.port, 1);
    }));
    await instance.logged(/connection log ".*pipe": \d+ lines lost/);
    // Each line either is or will be in the pipe, or is counted.
    using reader = await Deno.open(pipe, { read: true });
    let text = "", said = 0, lines: string[] = [];
    const decoder = new TextDecoder(), buffer = new Uint8Array(1024 * 1024);
    while (lines.length + said < count) {
      const read = await reader.read(buffer);
      if (read === null) break;
      text += decoder.decode(buffer.subarray(0, read));
      const whole = text.slice(0, text.lastIndexOf("\n")).split("\n");
      lines = whole.filter((line) => line.endsWith(filler));
      said = whole.reduce(
        (sum, line) => sum + Number(/^# \S+ (\d+) lines? lost: the reader was too slow$/.exec(line)?.[1] ?? 0),
        0,
      );
    }
    const { services: [{ connectionLog }] } = await instance.state();
    assert.deepEqual([lines.length + said, connectionLog!.lost], [count, said]);
    assert.ok(said > 0 && new Set(lines).size === lines.length);
  },
);

testWith([posix], "a file that cannot be opened is an error at the start, and refuses a reload", async () => {
  using directory = temporaryDirectory();
  const missing = `${directory.path}/missing/log`, port = freePort();
  const args = ["-f", "--control-dir", directory.path, `--connection-log=${missing}`, String(port), "127.0.0.1:1"];
  const { code, stderr } = await run(args);
  assert.equal(code, 71);
  assert.match(stderr, /cannot open connection log ".*missing\/log": /);
  const line = `--name web -b 127.0.0.1 ${port} 127.0.0.1:1`;
  await using instance = await FileInstance.start([line]);
  await instance.write([`--connection-log=${missing} ${line}`]);
  const { code: refused, stdout } = await instance.run("reload", undefined, ["--strict"]);
  assert.equal(refused, 1);
  assert.match(stdout, /^.*services\.conf:1:1: cannot open connection log ".*missing\/log": /);
  assert.match(await instance.control("show config"), new RegExp(`^balance ${line}$`, "m"));
});

testWith([posix], "a reload switches it on and off, and show config says how it is", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const port = freePort(),
    log = `${directory.path}/log`,
    web = `--name web -b 127.0.0.1`,
    words = `${port} 127.0.0.1:${back.port}`;
  await using instance = await FileInstance.start([`${web} ${words}`]);
  await exchange(port, 1);
  const on = `balance ${web} --connection-log=${log} --connection-log-format '%U %%' ${words}`;
  await instance.write([on]);
  assert.match(await instance.control("reload"), new RegExp(`"web": connection-log off → ${log}\n`));
  assert.ok((await instance.control("show config")).replace(/ \\\n */g, " ").endsWith(`\n${on}\n`));
  await exchange(port, 2);
  assert.deepEqual(await linesOf(log, 1), ["2 %"]);
  await instance.write(["defaults --connection-log", `${web} --no-connection-log ${words}`]);
  assert.match(await instance.control("reload"), new RegExp(`"web": connection-log ${log} → off\n`));
  await exchange(port, 3);
  await instance.write(["defaults --connection-log", `${web} ${words}`]);
  assert.match(await instance.control("reload"), /"web": connection-log off → on\n/);
  await exchange(port, 4);
  assert.match(await instance.logged(/ up=/), / up=4 down=4 /);
  assert.deepEqual(await linesOf(log, 1), ["2 %"]);
});

testWith([linux], "an upgrade goes on in the same file, and the old process writes its last lines there", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const log = `${directory.path}/log`;
  await using world = await upgradable([`127.0.0.1:${back.port}`], {
    options: [`--connection-log=${log}`, "--connection-log-format", "%pid %U"],
  });
  const { instance } = world, { pid } = await instance.state();
  using client = await instance.client();
  await client.send("old");
  await client.readExactly(3);
  const successor = await upgrade(instance);
  await exchange(instance.port, 1);
  await linesOf(log, 1);
  await client.finish();
  await client.readToEnd();
  assert.deepEqual(await linesOf(log, 2), [`${successor} 1`, `${pid} 3`]);
  assert.equal(await instance.exit, 0);
});

testWith([posix], "in the background, a relative path starts where the program was started", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`], {
    options: ["--connection-log=log", "--connection-log-format", "%U", "--log-file", "/dev/null"],
    cwd: directory.path,
  });
  await exchange(instance.port, 5);
  assert.deepEqual(await linesOf(`${directory.path}/log`, 1), ["5"]);
});

testWith([posix], "a stream of the program cannot be the file of a background process", async () => {
  const { code, stderr } = await run(["--connection-log=/dev/stdout", "80", "host"]);
  assert.equal(code, 64);
  assert.match(stderr, /option --connection-log: "\/dev\/stdout" is a stream of this process/);
});

testWith(
  [linux],
  "connections of a service that a reload removes have their lines, and then the file is closed",
  async () => {
    using directory = temporaryDirectory();
    await using back = echoBackend();
    const log = `${directory.path}/log`, port = freePort(), other = `${freePort()} 127.0.0.1:${back.port}`;
    await using instance = await FileInstance.start([`--connection-log=${log} ${port} 127.0.0.1:${back.port}`, other]);
    const files = () =>
      [...Deno.readDirSync(`/proc/${instance.pid}/fd`)].filter(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/${instance.pid}/fd/${name}`).startsWith(log);
        } catch {
          return false;
        }
      }).length;
    using first = await Client.connect(port);
    using second = await Client.connect(port);
    for (const client of [first, second]) {
      await client.send(new Uint8Array(1));
      await client.readExactly(1);
    }
    await exchange(port, 2);
    await linesOf(log, 1);
    await instance.write([other]);
    await instance.control("reload");
    await eventually("it is closed", () => files() === 0);
    await first.finish();
    await first.readToEnd();
    assert.match((await linesOf(log, 2))[1], / end=closed .* up=1 down=1 /);
    await eventually("it is closed again", () => files() === 0);
    instance.signal("SIGTERM");
    instance.signal("SIGTERM");
    await instance.ended();
    assert.match((await linesOf(log, 3))[2], / end=stopped /);
  },
);
