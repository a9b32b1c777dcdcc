/** The log of connections, from the option to the line in the file. */
import assert from "node:assert/strict";
import type { RecordState } from "../../src/state/record_state.ts";
import { engineOptions, ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually, pause } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

/** Waits until a file has at least so many whole lines. */
async function linesOf(path: string, count: number): Promise<string[]> {
  const end = performance.now() + 60_000;
  for (;;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const lines = text.split("\n").slice(0, -1);
    if (lines.length >= count) return lines;
    assert.ok(performance.now() < end, `${lines.length} lines of ${count}: ${lines.slice(-3).join("\n")}`);
    await pause(5);
  }
}

/** Waits until a file has at least so many records. */
async function recordsOf(path: string, count: number): Promise<RecordState[]> {
  return (await linesOf(path, count)).map((line) => JSON.parse(line));
}

/** A client that sends some bytes, gets them back and ends. */
async function exchange(port: number, bytes: number): Promise<void> {
  using client = await Client.connect(port);
  await client.send(new Uint8Array(bytes));
  await client.readExactly(bytes);
  await client.finish();
  await client.readToEnd();
}

/** A client that comes and leaves without a word. */
async function leave(port: number): Promise<void> {
  using client = await Client.connect(port);
  await client.finish();
  await client.readToEnd();
}

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];

  testWith(needs, `${engine}: each connection has one line, with its bytes, while many come and go`, async () => {
    using directory = temporaryDirectory();
    await using back = echoBackend();
    const log = `${directory.path}/log`, count = 1500, options = [...engineOptions(engine), "--connection-log", log];
    await using instance = await Instance.start([`127.0.0.1:${back.port},name=echo`], {
      options: [...options, "--connection-log-format", "%ID %ci:%cp %b/%s %end %by %U %B"],
    });
    let left = count;
    await Promise.all(Array.from({ length: 50 }, async () => {
      for (let bytes = left--; bytes > 0; bytes = left--) await exchange(instance.port, bytes);
    }));
    const words = (await linesOf(log, count)).map((line) => line.split(" "));
    assert.equal(words.length, count);
    assert.equal(new Set(words.map(([id]) => id)).size, count, "ids are unique");
    const bytes = words.map(([, , channel, end, by, up, down]) => {
      assert.deepEqual([channel, end, by, down], ["0/echo", "closed", "client", up]);
      return Number(up);
    });
    assert.deepEqual(bytes.sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i + 1));
  });

  testWith(needs, `${engine}: a record says which channels were tried, how long it took and who ended it`, async () => {
    using dead = await RefusingPort.take(), directory = temporaryDirectory();
    await using back = echoBackend();
    const log = `${directory.path}/log`, options = [...engineOptions(engine), `--connection-log=${log}`];
    const channels = [`127.0.0.1:${dead.port}`, `127.0.0.1:${back.port},name=echo`];
    await using instance = await Instance.start(channels, {
      options: [...options, "--connection-log-format", "json", "--name", "web"],
    });
    await exchange(instance.port, 10);
    const [record] = await recordsOf(log, 1);
    const { id, time, client, queueMs, connectMs, firstByteMs, durationMs, attempts, ...rest } = record;
    assert.deepEqual(rest, {
      service: "web",
      peer: null,
      port: instance.port,
      sni: null,
      group: 0,
      channel: 1,
      name: "echo",
      address: channels[1].split(",")[0],
      attemptCount: 2,
      up: 10,
      down: 10,
      end: "closed",
      by: "client",
      reason: "the client ended first",
      now: { service: 1, group: 1, channel: 1, queue: 0 },
    });
    assert.match(id, /^[0-9a-z]+$/);
    assert.match(client, /^127\.0\.0\.1:\d+$/);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    assert.deepEqual(attempts.map(({ channel, result, reason }) => [channel, result, reason]), [
      [0, "refused", "connection refused"],
      [1, "connected", ""],
    ]);
    assert.equal(queueMs, null);
    assert.ok(connectMs! > 0 && firstByteMs! > 0 && durationMs >= connectMs! + firstByteMs!, JSON.stringify(record));
    // With the only other channel disabled, none is left.
    await instance.control("disable 1");
    await leave(instance.port);
    const [, refused] = await recordsOf(log, 2);
    assert.deepEqual([refused.end, refused.by, refused.channel], ["refused", "channel", null]);
  });

  testWith(
    needs,
    `${engine}: a sample, and nothing of those that say nothing, but all that did not end well`,
    async () => {
      using dead = await RefusingPort.take(), directory = temporaryDirectory();
      await using back = echoBackend();
      const [good, bad] = [freePort(), freePort()], file = (name: string) => `${directory.path}/${name}`;
      const log = (name: string, ...more: string[]) => `-b 127.0.0.1 --connection-log=${file(name)} ${more.join(" ")}`;
      await using instance = await FileInstance.start([
        "defaults --connection-log-format '%f %end %U'",
        `${log("tenth", "--name tenth --connection-log-sample 10")} ${good} 127.0.0.1:${back.port}`,
        `${log("bad", "--name bad --connection-log-sample 0")} ${bad} 127.0.0.1:${dead.port} ! 127.0.0.1:${back.port}`,
      ], ["--engine", engine, "--threads", "1"]);
      for (let i = 0; i < 20; i++) await exchange(good, 1);
      assert.deepEqual(await linesOf(file("tenth"), 2), ["tenth closed 1", "tenth closed 1"]);
      await exchange(bad, 3);
      await instance.control(["group 1", "disable 0"], "bad");
      await leave(bad);
      assert.deepEqual(await linesOf(file("bad"), 1), ["bad refused 0"]);
      const web = `-b 127.0.0.1 --name web --connection-log=${file("web")} --connection-log-skip 10.0.0.1,127.0.0.1/32`;
      const port = freePort();
      await instance.write([`${web} --connection-log-format '%end %U' ${port} 127.0.0.1:${back.port}`]);
      await instance.control("reload");
      await leave(port);
      await exchange(port, 7);
      assert.deepEqual(await linesOf(file("web"), 1), ["closed 7"]);
      const { services: [{ connectionLog }] } = JSON.parse(await instance.control("show json"));
      assert.deepEqual(connectionLog, { target: file("web"), problem: null, lost: 0, skipped: 1 });
    },
  );

  testWith(needs, `${engine}: a connection that lasts has a line now and then, and one at its end`, async () => {
    using directory = temporaryDirectory();
    await using back = echoBackend();
    const log = `${directory.path}/log`, options = [...engineOptions(engine), `--connection-log=${log}`];
    await using instance = await Instance.start([`127.0.0.1:${back.port},name=echo`], {
      options: [...options, "--log-interval", ".2", "--connection-log-format", "json"],
    });
    using client = await instance.client();
    await client.send("hello");
    await client.readExactly(5);
    const open = (await recordsOf(log, 2)).slice(0, 2);
    await client.finish();
    await client.readToEnd();
    let last: RecordState;
    do last = (await recordsOf(log, 3)).at(-1)!; while (last.open);
    assert.deepEqual([last.end, last.id], ["closed", open[0].id]);
    for (const { id, end, open: lasts, up, down, channel, name, client } of open) {
      assert.deepEqual([id, end, lasts, up, down, channel, name, client], [
        last.id,
        "open",
        true,
        5,
        5,
        0,
        "echo",
        last.client,
      ]);
    }
    assert.ok(open[0].durationMs >= 200 && open[1].durationMs > open[0].durationMs);
  });
}

Deno.test("with the rest of the log, lines look like it", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--connection-log"] });
  await exchange(instance.port, 3);
  assert.match(
    await instance.logged(/ connection id=/),
    new RegExp(
      String.raw`^\d{4}-\S+Z info    connection id=\w+ service=${instance.port} client=127\.0\.0\.1:\d+ port=\d+ ` +
        String.raw`channel=0\/0 address=127\.0\.0\.1:${back.port} end=closed by=client connect=\S+ first=\S+ ` +
        String.raw`duration=\S+ up=3 down=3 now=1\/1\/1\/0$`,
    ),
  );
});

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
  const lines = [...await linesOf(`${log}.1`, 1), ...await linesOf(log, 1)];
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

for (
  const [words, error] of [
    [["--connection-log="], "option --connection-log needs a file behind ="],
    [
      ["--connection-log", "--connection-log-format", "%ci %xx"],
      'option --connection-log-format has no "%xx": "%ci %xx"',
    ],
    [["--connection-log", "--connection-log-format", "xml"], "option --connection-log-format takes text, json, ecs or"],
    [["--connection-log-format", "json"], "option --connection-log-format needs --connection-log"],
    [["--log-interval", "5"], "option --log-interval needs --connection-log"],
    [["--connection-log", "--connection-log-skip", "@file"], "option --connection-log-skip takes no @FILE"],
  ] as const
) {
  Deno.test(`refused: ${words.join(" ")}`, async () => {
    const { code, stderr } = await run(["-f", ...words, "80", "host"]);
    assert.equal(code, 64);
    assert.ok(stderr.includes(error), stderr);
  });
}

testWith([posix], "a connection that the end of the program cuts has its line", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const log = `${directory.path}/log`;
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
    options: [`--connection-log=${log}`, "--connection-log-format", "%end %by %reason"],
  });
  using client = await instance.client();
  await client.send("a");
  await client.readExactly(1);
  instance.signal("SIGINT");
  assert.equal(await instance.ended(), 0);
  assert.deepEqual(await linesOf(log, 1), ['stopped operator "its service, or the program, ended"']);
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
