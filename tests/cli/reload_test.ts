/** A file of services that is read again while its services run. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { pause } from "../support/eventually.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { OngoingLoad } from "../support/ongoing_load.ts";
import { freePorts } from "../support/free_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];
  const start = (lines: string[]) => FileInstance.start(lines, ["--engine", engine]);

  testWith(needs, `${engine}: a reload adds, changes and removes services, and cuts no connection`, async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    await using echo = echoBackend();
    const port = freePorts(5), web = `-b 127.0.0.1 --name web ${port}`, mail = `-b 127.0.0.1 --name mail ${port + 1}`;
    await using instance = await start([
      `${web} 127.0.0.1:${echo.port}`,
      `${mail} 127.0.0.1:${one.port}`,
      `-b 127.0.0.1 --name old ${port + 2} 127.0.0.1:${echo.port}`,
    ]);
    const clients = await Promise.all([port, port + 2].map((port) => Client.connect(port)));
    for (const client of clients) {
      await client.send("a");
      await client.readExactly(1);
    }
    await instance.write([
      `${web},${port + 3} -T 100 127.0.0.1:${two.port}`,
      `${mail} 127.0.0.1:${two.port} 127.0.0.1:${one.port}:5`,
      `-b 127.0.0.1 --name new ${port + 4} 127.0.0.1:${one.port}`,
    ]);
    const expected = [
      'service "old": removed, 1 connection drains',
      'service "web": idle-timeout 0 → 100',
      `service "web": also listens on 127.0.0.1:${port + 3}`,
      `service "web": group 0: channel "127.0.0.1:${echo.port}" removed, 1 connection drains`,
      `service "web": group 0: channel "127.0.0.1:${two.port}" added`,
      `service "mail": group 0: channel "127.0.0.1:${two.port}" added`,
      `service "mail": group 0: maxc of channel "127.0.0.1:${one.port}" none → 5`,
      'service "new": added',
      `  balance --name new -b 127.0.0.1 ${port + 4} 127.0.0.1:${one.port}`,
    ];
    assert.deepEqual((await instance.control("reload --dry-run")).trimEnd().split("\n"), expected);
    assert.equal(await answerOn(port + 1), "one", "nothing has changed yet");
    assert.deepEqual((await instance.control("reload")).trimEnd().split("\n"), expected);
    assert.deepEqual([await answerOn(port), await answerOn(port + 3), await answerOn(port + 4)], ["two", "two", "one"]);
    assert.deepEqual([await answerOn(port + 1), await answerOn(port + 1)].sort(), ["one", "two"]);
    await assert.rejects(Client.connect(port + 2), "the old service's port is free");
    for (const client of clients) {
      await client.send("b");
      assert.equal(new TextDecoder().decode(await client.readExactly(1)), "b");
      client[Symbol.dispose]();
    }
    assert.equal(await instance.control("reload"), "nothing has changed\n");
  });

  testWith(needs, `${engine}: a reload that fails changes nothing`, async () => {
    await using one = namedBackend("one");
    const port = freePorts(4), web = `-b 127.0.0.1 --name web ${port} 127.0.0.1:${one.port}`;
    await using instance = await start([web]);
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: port + 2 });
    const wrong: [lines: string[], message: RegExp][] = [
      [
        [`-b 127.0.0.1 --name new ${port + 1} a:1`, `-b 127.0.0.1 ${port + 2} a:1`],
        /cannot listen on .*: the port is in/,
      ],
      [[`-b 127.0.0.1 --name web ${port},${port + 2} 127.0.0.1:1`], /services\.conf:1:25: cannot listen on /],
      [[`-b nowhere.invalid ${port + 1} a:1`], /option -b: cannot resolve host/],
      [[`-b 127.0.0.1 --name web ${port} 127.0.0.1:${port}`], /is this balancer itself/],
      [["--nmae web 80 a"], /services\.conf:1:1: unknown option "--nmae"/],
      [[], /there is no service in /],
    ];
    for (const [lines, message] of wrong) {
      await instance.write(lines);
      for (const command of ["reload --dry-run", "reload"]) {
        if (command !== "reload" && /listen/.test(message.source)) continue;
        const { stdout, code } = await instance.run(command, undefined, ["--strict"]);
        assert.match(stdout, message);
        assert.equal(code, 1, stdout);
      }
      assert.equal(await answerOn(port), "one");
      Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
    }
    await instance.write([web]);
    assert.equal(await instance.control("reload"), "nothing has changed\n");
  });

  testWith(needs, `${engine}: what an operator changed stays, unless the file changes that very value`, async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const port = freePorts(1), web = `-b 127.0.0.1 --name web ${port}`;
    await using instance = await start([`${web} 127.0.0.1:${one.port} 127.0.0.1:${two.port}:7`]);
    await instance.control(["disable 0", "maxc 0 3", "maxc 1 4", "create 127.0.0.1 9", "hash"]);
    await instance.write([`${web} -t 2 127.0.0.1:${one.port} 127.0.0.1:${two.port}:9`]);
    await instance.control("reload");
    const { groups: [{ type, channels }] } = JSON.parse(await instance.control("show json"));
    const short = channels.map(({ port, enabled, maxc }: Record<string, unknown>) => [port, enabled, maxc]);
    assert.deepEqual([type, ...short], ["Hash", [one.port, false, 3], [two.port, true, 9], [9, false, 0]]);
    const shown = await instance.control("show config");
    assert.match(shown, /^# service "web": group 0 channel 0 \("127.0.0.1:\d+"\) is disabled by an operator$/m);
    assert.ok(
      shown.endsWith(
        `balance --name web -b 127.0.0.1 -t 2 ${port} 127.0.0.1:${one.port}:3 127.0.0.1:${two.port}:9 127.0.0.1:9 %\n`,
      ),
      shown,
    );
    await instance.control(["assign 2 127.0.0.1 " + port]);
    assert.match((await instance.run("save")).stdout, /^service "web": channel "127.0.0.1" is this balancer itself: /);
    await instance.control("assign 2 127.0.0.1 9");
    assert.match(await instance.control("save"), /^saved ".*services.conf"\n/);
    assert.ok((await Deno.readTextFile(instance.file)).includes(`127.0.0.1:${one.port}:3 `));
    assert.equal(await instance.control("reload"), "nothing has changed\n");
  });

  testWith(needs, `${engine}: a port goes from one service to another, and a service gets another name`, async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const port = freePorts(3), at = `-b 127.0.0.1`;
    await using instance = await start([
      `${at} --name web ${port},${port + 1} 127.0.0.1:${one.port}`,
      `${at} --name mail ${port + 2} 127.0.0.1:${two.port}`,
    ]);
    using client = await Client.connect(port + 2);
    await client.readExactly(3);
    await instance.write([
      `${at} --name web ${port} 127.0.0.1:${one.port}`,
      `${at} --name post ${port + 2} 127.0.0.1:${two.port}`,
      `${at} --name news ${port + 1} 127.0.0.1:${two.port}`,
    ]);
    await instance.control("reload");
    assert.deepEqual([await answerOn(port), await answerOn(port + 1), await answerOn(port + 2)], ["one", "two", "two"]);
    const { services } = JSON.parse(await instance.control("show json"));
    assert.deepEqual(services.map(({ name, connections }: Record<string, unknown>) => [name, connections]), [
      ["web", 0],
      ["post", 1],
      ["news", 0],
    ]);
  });
}

testWith(
  [posix],
  "a reload says what is only called something else, and what operators have made already",
  async () => {
    const port = freePorts(2), at = "-b 127.0.0.1", [one, two, three, four] = [1, 2, 3, 4].map((n) => `127.0.0.1:${n}`);
    await using instance = await FileInstance.start([`${at} --name web ${port} ${one} ${two}`]);
    await instance.control(["create 127.0.0.1 3", "disable 1", "assign 1 127.0.0.1 4"]);
    const before = JSON.parse(await instance.control("show json"));
    await instance.write([`${at} --name page ${port} ${one} ${four} ${three}`]);
    const expected = [
      'service "web": renamed to "page"',
      `service "page": group 0: channel "${four}" adopted, which an operator assigned in place of "${two}"`,
      `service "page": group 0: channel "${three}" adopted, which an operator created`,
    ];
    for (const command of ["reload --dry-run", "reload"]) {
      assert.deepEqual((await instance.control(command)).trimEnd().split("\n"), expected);
    }
    assert.deepEqual(JSON.parse(await instance.control("show json")).services[0].groups, before.groups);
    assert.equal(await instance.control("reload"), "nothing has changed\n");
  },
);

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];

  testWith(needs, `${engine}: ports move and services are renamed under load, and no client is lost`, async () => {
    await using echo = echoBackend();
    const port = freePorts(3), at = "-b 127.0.0.1", to = `127.0.0.1:${echo.port}`;
    const versions = [
      [`${at} --name web ${port},${port + 1} ${to}`, `${at} --name mail ${port + 2} ${to}`],
      // A port moves between services that stay; one service is called something else.
      [`${at} --name web ${port} ${to}`, `${at} --name post ${port + 1},${port + 2} -T 60 ${to}`],
      // All of one service's ports are another's, which is new.
      [`${at} --name all ${port}-${port + 2} ${to}`],
      // Two services change places.
      [`${at} --name web ${port + 2} ${to}`, `${at} --name mail ${port},${port + 1} ${to}`],
    ];
    await using instance = await FileInstance.start(versions[0], ["--engine", engine]);
    let next = 0;
    await using load = await OngoingLoad.start(() => Client.connect(port + next++ % 3));
    for (let i = 1; i <= 8; i++) {
      await instance.write(versions[i % versions.length]);
      assert.match(await instance.control("reload"), /^service /);
      await load.more();
    }
    assert.doesNotMatch(instance.stderr.text, / (error|warn) /);
  });

  testWith(needs, `${engine}: clients in the queue of a port that moves are served by its new service`, async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const port = freePorts(2), at = "-b 127.0.0.1";
    const lines = (first: number, second: number) => [
      `${at} --name web --max-connections 1 ${first} 127.0.0.1:${one.port}`,
      `${at} --name mail ${second} 127.0.0.1:${two.port}`,
    ];
    await using instance = await FileInstance.start(lines(port, port + 1), ["--engine", engine]);
    using served = await Client.connect(port);
    assert.equal(await served.readText(), "one");
    const waiting = await Promise.all(Array.from({ length: 10 }, () => Client.connect(port)));
    using taken = Deno.listen({ hostname: "127.0.0.2", port: 0 });
    await instance.write([...lines(port + 1, port), `-b 127.0.0.2 ${taken.addr.port} 127.0.0.1:${one.port}`]);
    assert.match((await instance.run("reload")).stdout, /cannot listen on 127.0.0.2/);
    await instance.write(lines(port + 1, port));
    await instance.control("reload");
    for (const client of waiting) {
      assert.equal(await client.readText(), "two");
      client[Symbol.dispose]();
    }
    served[Symbol.dispose]();
    assert.deepEqual([await answerOn(port), await answerOn(port + 1)], ["two", "one"]);
  });

  testWith(needs, `${engine}: reloads under load lose nothing`, async () => {
    await using one = echoBackend();
    await using two = echoBackend();
    const port = freePorts(4), at = "-b 127.0.0.1", stays = `${at} --name web ${port}`;
    const versions = [
      [`${stays} 127.0.0.1:${one.port} 127.0.0.1:${two.port}`],
      [`${stays},${port + 1} -T 50 127.0.0.1:${two.port}`, `${at} --name more ${port + 2} 127.0.0.1:${one.port}`],
      [`${stays} 127.0.0.1:${one.port} %`, `${at} --name other ${port + 2} 127.0.0.1:${one.port}`],
    ];
    await using instance = await FileInstance.start(versions[0], ["--engine", engine]);
    await using load = await OngoingLoad.start(() => Client.connect(port));
    for (let i = 1; i <= 12; i++) {
      await instance.write(versions[i % versions.length]);
      const seen = instance.stderr.text.length;
      instance.signal("SIGHUP");
      await instance.logged(/reloaded/, seen);
      await load.more();
    }
    assert.doesNotMatch(instance.stderr.text, / (error|warn) /);
  });
}

testWith([posix], "SIGHUP reads the file again", async () => {
  await using one = namedBackend("one");
  const port = freePorts(2), line = (port: number) => `-b 127.0.0.1 --name web ${port} 127.0.0.1:${one.port}`;
  await using instance = await FileInstance.start([line(port)]);
  await instance.write([line(port + 1)]);
  instance.signal("SIGHUP");
  await instance.logged(/reloaded ".*": 2 changes/);
  assert.equal(await answerOn(port + 1), "one");
  await instance.write(["80 a b:c"]);
  instance.signal("SIGHUP");
  assert.match(await instance.logged(/cannot reload/), /services.conf:1:6: invalid channel address "b:c"/);
  assert.equal(await answerOn(port + 1), "one");
});

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [posix],
    `${engine}: of many SIGHUPs in a row, the last one counts`,
    async () => {
      await using one = namedBackend("one");
      const ports = freePorts(8),
        name = (n: number) => `-b 127.0.0.1 --name web${n} ${ports + n} 127.0.0.1:${one.port}`;
      const lines = (round: number) => Array.from({ length: 1 + round % 8 }, (_, n) => name(n));
      await using instance = await FileInstance.start(lines(0), ["--engine", engine]);
      for (let round = 1; round <= 60; round++) {
        await instance.replace(lines(round));
        instance.signal("SIGHUP");
        // Each of several reloads closes ports that the next one opens.
        if (round % 3 === 0) await pause(1);
      }
      const last = lines(60).length;
      for (let seen = 0; seen !== last;) seen = JSON.parse(await instance.control("services json")).services.length;
      assert.equal(await answerOn(ports + last - 1), "one");
      assert.doesNotMatch(instance.stderr.text, / (error|warn) /);
    },
  );
}

testWith([posix], "options of the process are applied by a reload, or need a restart", async () => {
  await using echo = echoBackend();
  const port = freePorts(1), web = `-b 127.0.0.1 --name web ${port} 127.0.0.1:${echo.port}`;
  await using instance = await FileInstance.start(["process --drain-timeout 1000", web], ["--engine", "portable"]);
  await instance.write(["process --drain-timeout 0 --debug --log-format json --max-connections 7", web]);
  const reply = (await instance.control("reload")).trimEnd().split("\n").sort();
  const restart = "process: log-format text → json (needs a restart)";
  assert.deepEqual(reply, [
    "process: debug off → on",
    "process: drain-timeout 1000 → 0",
    restart,
    "process: max-connections not given → 7",
  ]);
  for (const command of ["reload --dry-run", "reload"]) assert.equal(await instance.control(command), `${restart}\n`);
  const shown = await instance.control("show config");
  assert.match(shown, / --drain-timeout 0 /);
  assert.match(shown, / -d /);
  assert.match(shown, / --max-connections 7 /);
  assert.match(shown, / --log-format text /, "as it runs");
  using client = await Client.connect(port);
  await client.send("a");
  await client.readExactly(1);
  await instance.logged(/client 127\.0\.0\.1:\d+.*: /);
  await instance.control("kill");
  // It does not wait for the client.
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /1 connection was cut/);
});
