/** Names that are followed, in a program with a file of services. */
import assert from "node:assert/strict";
import type { InstanceState } from "../../mod.ts";
import { namedBackend } from "../support/backends.ts";
import { DnsServer } from "../support/dns_server.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePort, freePorts } from "../support/free_port.ts";
import { endProcess } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { canListen, condition, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade, upgradedTo } from "../support/upgradable.ts";
import { Zone } from "../support/zone.ts";

const addresses = condition(canListen("127.0.0.2"), "needs all of 127.0.0.0/8");

async function state(instance: FileInstance): Promise<InstanceState> {
  return JSON.parse(await instance.control("show json"));
}

/** Addresses and ports of the channels of each group. */
function placesOf({ groups }: InstanceState): string[][] {
  return groups.map(({ channels }) => channels.map(({ address, port }) => `${address}:${port}`));
}

/** Lines without the breaks that make them fit a terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(/ \\\n\s*/g, " ");
}

Deno.test("the words stay what they are in show config, in a file that is saved, and for a reload", async () => {
  const zone = new Zone().host("web.test", "127.0.1.2", "127.0.1.1").host("db.test", "127.0.1.3")
    .service("_x._tcp.test", "1 1 81 web.test", "2 1 82 web.test");
  await using dns = await DnsServer.start(zone.answer);
  const port = freePort(), head = [`process --engine portable --resolver ${dns.address}`];
  const line =
    `-b 127.0.0.1 --name web --resolve ${port} a.test:80 web.test:80,all srv:_x._tcp.test::5 db.test:80 ! 127.0.1.9:80`;
  zone.host("a.test", "127.0.1.4");
  await using instance = await FileInstance.start([...head, line]);
  const before = [
    ["127.0.1.4:80", "127.0.1.1:80", "127.0.1.2:80", "127.0.1.2:81", "127.0.1.3:80"],
    ["127.0.1.9:80", "127.0.1.2:82"],
  ];
  assert.deepEqual(placesOf(await state(instance)), before);
  const shown = onOneLine(await instance.control("show config")).split("\n")[1];
  assert.equal(shown, `balance ${line.replace("-b 127.0.0.1 --name web", "--name web -b 127.0.0.1")}`);
  assert.equal(await instance.control("reload --dry-run"), "nothing would change\n");
  assert.equal(await instance.control("save"), "nothing to save\n");
  // The order in which they come, and a new address of a name that keeps its own, is nothing that a reload changes.
  zone.host("web.test", "127.0.1.1", "127.0.1.2").host("db.test", "127.0.1.8", "127.0.1.3");
  await Promise.all([dns.askedFor("web.test", 2), dns.askedFor("db.test", 2)]);
  assert.equal(await instance.control("reload"), "nothing has changed\n");
  assert.deepEqual(placesOf(await state(instance)), before);
  // What operators do to a channel with a word of its own is saved in that word, and their own channels behind all words.
  await instance.control(["maxc 127.0.1.2:80 7", "maxc db.test:80 9", "create 127.0.1.7 70", "disable 127.0.1.1:80"]);
  const saved = await instance.control("save");
  assert.match(
    saved,
    /^not in the file: service "web": group 0 channel 1 \("127\.0\.1\.1:80"\) is disabled by an operator$/m,
  );
  assert.match(saved, /^not in the file: .* channel 2 \("127\.0\.1\.2:80"\) has been changed by an operator$/m);
  const text = onOneLine(await Deno.readTextFile(instance.file));
  assert.ok(
    text.includes("a.test:80 web.test:80,all srv:_x._tcp.test::5 db.test:80:9 127.0.1.7:70 ! 127.0.1.9:80\n"),
    text,
  );
  assert.equal(await instance.control("reload"), "nothing has changed\n");
  // After that, names are still followed, and a new limit of the word reaches its channels, except where an operator's is.
  zone.host("web.test", "127.0.1.2", "127.0.1.6").host("db.test", "127.0.1.8");
  await instance.logged(/"db\.test" resolves to it/);
  await instance.logged(/"web\.test" has changed, new: 127\.0\.1\.6:80; gone: 127\.0\.1\.1:80; 6 channels now/);
  assert.deepEqual(placesOf(await state(instance))[0], [
    ...["127.0.1.4:80", "127.0.1.2:80", "127.0.1.6:80", "127.0.1.2:81", "127.0.1.8:80", "127.0.1.7:70"],
  ]);
  await instance.write([
    ...head,
    text.split("\n").find((line) => line.includes("web.test"))!.replace("web.test:80,all", "web.test:80:3,all"),
  ]);
  assert.equal(
    await instance.control("reload"),
    'service "web": group 0: maxc of channel "web.test:80" none → 3\n',
  );
  const [{ channels }] = (await state(instance)).groups;
  assert.deepEqual(channels.map(({ maxc }) => maxc), [0, 3, 3, 5, 9, 0]);
  await instance.write([...head, `-b 127.0.0.1 --name web ${port} a.test:80`]);
  const removed = await instance.control("reload");
  assert.match(removed, /^service "web": group 0: channel "web\.test:80:3,all" removed, 0 connections drain$/m);
  assert.match(removed, /^service "web": group 0: channel "srv:_x\._tcp\.test::5" removed, 0 connections drain$/m);
});

Deno.test("a name whose lookup fails has a line in show, and one in the log", async () => {
  const zone = new Zone().host("web.test", "127.0.1.2", "127.0.1.1");
  await using dns = await DnsServer.start(zone.answer);
  const port = freePort(), line = `-b 127.0.0.1 ${port} web.test:80,all later.test:80 srv:_x.test`;
  await using instance = await FileInstance.start([
    `process --engine portable --resolver ${dns.address}`,
    "defaults --resolve",
    line,
  ]);
  await instance.logged(/channel 2 waits: "later\.test" does not resolve/);
  await instance.logged(/channel 3 waits: "srv:_x\.test" does not resolve/);
  dns.answer = () => ({ code: 2 });
  await instance.logged(/"web\.test" keeps its addresses: the name server has failed \(SERVFAIL\)/);
  const shown = await instance.control("show");
  assert.match(shown, /^stale "web\.test": the name server has failed \(SERVFAIL\)$/m);
  zone.host("later.test", "127.0.1.3").service("_x.test", "1 1 90 later.test");
  dns.answer = zone.answer;
  await instance.logged(/"web\.test" resolves again/);
  await instance.logged(/channel 2 \(127\.0\.1\.3:80\) takes clients: "later\.test" resolves/);
  await instance.logged(/"srv:_x\.test" has changed, new: later\.test:90; 4 channels now/);
  assert.deepEqual(placesOf(await state(instance)), [["127.0.1.1:80", "127.0.1.2:80", "127.0.1.3:80", "127.0.1.3:90"]]);
  assert.doesNotMatch(await instance.control("show"), /stale/);
  assert.equal(instance.stderr.text.match(/keeps its addresses/g)?.length, 1);
});

testWith(
  [linux, addresses],
  "an upgrade takes over the channels of names, even if these no longer resolve",
  async () => {
    const port = freePorts(2), back = port + 1;
    await using _one = namedBackend("one", { hostname: "127.0.0.2", port: back });
    await using _two = namedBackend("two", { hostname: "127.0.0.3", port: back });
    const zone = new Zone().host("web.test", "127.0.0.2", "127.0.0.3").host("c.test", "127.0.0.3")
      .service("_x._tcp.test", `1 3 ${back} c.test`, `2 1 ${back} c.test`);
    await using dns = await DnsServer.start(zone.answer);
    const line = `-b 127.0.0.1 ${port} web.test:${back},all srv:_x._tcp.test`;
    await using instance = await FileInstance.start([`process --engine linux --resolver ${dns.address}`, line]);
    let pid = instance.pid;
    try {
      await instance.control(["disable 0", "maxc 1 8"]);
      const before = placesOf(await state(instance));
      assert.deepEqual(before[0], [`127.0.0.2:${back}`, `127.0.0.3:${back}`, `127.0.0.3:${back}`]);
      for (const answer of [zone.answer, () => ({ code: 2 })]) {
        dns.answer = answer;
        pid = upgradedTo(await instance.control("upgrade"));
        const now = await state(instance), [{ channels }] = now.groups;
        assert.deepEqual(placesOf(now), before);
        assert.deepEqual(channels.map(({ enabled, maxc, weight }) => [enabled, maxc, weight]), [
          [false, 0, 1],
          [true, 8, 1],
          [true, 0, 1],
        ]);
        assert.equal(await answerOn(port), "two");
      }
      assert.equal(await instance.control("reload"), "nothing has changed\n");
      assert.deepEqual(placesOf(await state(instance)), before);
      const [head, words] = (await Deno.readTextFile(instance.file)).split("\n");
      await instance.write([head, words.replace(",all", ":3,all").replace("_tcp.test", "_tcp.test::4")]);
      assert.match(await instance.control("reload"), /maxc of channel "srv:_x\._tcp\.test" none → 4/);
      const reloaded = await state(instance);
      assert.deepEqual(placesOf(reloaded), before, "a reload keeps them as well");
      const limits = reloaded.groups.map(({ channels }) => channels.map(({ enabled, maxc }) => [enabled, maxc]));
      assert.deepEqual(limits, [[[false, 3], [true, 3], [true, 4]]]);
      await instance.control("maxc 1 8");
      zone.host("web.test", "127.0.0.3", "127.0.0.4");
      dns.answer = zone.answer;
      await instance.logged(/"web\.test" has changed, new: 127\.0\.0\.4:\d+; gone: 127\.0\.0\.2:\d+; 3 channels now/);
      assert.equal((await state(instance)).groups[0].channels[0].maxc, 8, "that channel was not disturbed");
      // What an operator has disabled is so when it is back, even if another process knows it then.
      pid = upgradedTo(await instance.control("upgrade"));
      zone.host("web.test", "127.0.0.2", "127.0.0.3");
      await instance.logged(/"web\.test" has changed, new: 127\.0\.0\.2:\d+; gone: 127\.0\.0\.4:\d+; 3 channels now/);
      const again = (await state(instance)).groups[0].channels;
      assert.deepEqual(again.map(({ address, enabled }) => [address, enabled]), [
        ["127.0.0.3", true],
        ["127.0.0.2", false],
        ["127.0.0.3", true],
      ]);
    } finally {
      await endProcess(pid);
    }
  },
);

testWith(
  [linux],
  "an upgrade without a file of services goes on with the addresses that it is handed over",
  async () => {
    const zone = new Zone().host("web.test", "127.0.1.2", "127.0.1.1").host("one.test", "127.0.1.3")
      .service("_x.test", "1 1 81 one.test");
    await using dns = await DnsServer.start(zone.answer);
    await using program = await upgradable(["web.test:80,all", "one.test:80", "srv:_x.test"], {
      options: ["--resolve", "--resolver", dns.address],
    });
    const { instance } = program, places = async () => placesOf(await instance.state());
    const before = [["127.0.1.1:80", "127.0.1.2:80", "127.0.1.3:80", "127.0.1.3:81"]];
    assert.deepEqual(await places(), before);
    for (const answer of [() => ({ code: 2 }), () => ({ code: 3 })]) {
      dns.answer = answer;
      await upgrade(instance);
      assert.deepEqual(await places(), before);
    }
    const enabled = (await instance.state()).groups[0].channels.map(({ enabled }) => enabled);
    assert.deepEqual(enabled, [true, true, true, true]);
  },
);

Deno.test("a reload takes as many addresses of a name as there is room for beside operators' channels, and says so", async () => {
  const zone = new Zone().host("web.test", ...Array.from({ length: 62 }, (_, i) => `127.0.1.${i + 1}`))
    .host("more.test", ...Array.from({ length: 64 }, (_, i) => `127.0.2.${i + 1}`));
  await using dns = await DnsServer.start(zone.answer);
  const port = freePort(), head = `process --engine portable --resolver ${dns.address}`;
  await using instance = await FileInstance.start([head, `-b 127.0.0.1 ${port} web.test:80,all`]);
  await instance.control(["create 127.0.3.1 80", "create 127.0.3.2 80"]);
  await instance.write([head, `-b 127.0.0.1 ${port} more.test:80,all 127.0.3.3:80`]);
  assert.match(await instance.control("reload"), /channel "more\.test:80,all" added/);
  const [places] = placesOf(await state(instance));
  assert.deepEqual([places.length, places[60], ...places.slice(-3)], [
    64,
    "127.0.2.61:80",
    "127.0.3.3:80",
    "127.0.3.1:80",
    "127.0.3.2:80",
  ]);
  await instance.logged(/"more\.test" stands for 64 channels, .*61/);
});

Deno.test("--check-config asks the name server that the file names", async () => {
  await using dns = await DnsServer.start(new Zone().host("web.test", "127.0.1.1").answer);
  using directory = temporaryDirectory();
  const file = `${directory.path}/services.conf`, port = freePort();
  await Deno.writeTextFile(
    file,
    `process --resolver ${dns.address}\n-b 127.0.0.1 --resolve ${port} web.test web.test:81,all gone.test srv:_x.test\n`,
  );
  const { code, stdout, stderr } = await run(["--check-config", "--config", file]);
  assert.deepEqual([code, stdout], [0, `${file} is valid: 1 service, 1 port, 4 channels\n`]);
  assert.match(stderr, /"gone\.test": the name is not known \(NXDOMAIN\); the channel will wait as unresolved/);
  assert.match(stderr, /"_x\.test": the name is not known \(NXDOMAIN\); the channel will wait as unresolved/);
  assert.equal(stderr.match(/warning/g)?.length, 2);
});

Deno.test("impossible words are errors that say why", async () => {
  for (
    const [word, message] of [
      ["10.0.0.1,all", 'channel "10.0.0.1,all": all needs a host name'],
      ["web.test,all=1", 'channel "web.test,all=1": all takes no value: "1"'],
      [
        "web.test,all,name=x",
        'channel "web.test,all,name=x": name "x" is for one channel, but this word may stand for several',
      ],
      ["srv:_x.test:80", 'channel "srv:_x.test:80": it takes no port: SRV records have one'],
      ["srv:_x.test,weight=2", 'channel "srv:_x.test,weight=2": it takes no weight: SRV records have one'],
    ]
  ) {
    const { code, stderr } = await run(["-f", "8080", word]);
    assert.deepEqual([code, stderr.trimEnd()], [64, `balance: ${message}`]);
  }
  const { code, stderr } = await run(["-f", "--resolver", "dns.example", "8080", "a"]);
  assert.equal(code, 64);
  assert.match(stderr, /option --resolver takes a numeric address and optionally a port: "dns\.example"/);
});
