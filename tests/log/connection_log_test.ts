/** The log of connections: which lines it has, and what they say. */
import assert from "node:assert/strict";
import type { RecordState } from "../../src/state/record_state.ts";
import { engineOptions, ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { exchange, leave, linesOf, recordsOf } from "../support/connection_log.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

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
