/** Channels whose names stand for other addresses than before. */
import assert from "node:assert/strict";
import type { Balancer as Type, BalancerEvent, BalancerOptions, ChannelOptions } from "../../mod.ts";
import { Balancer } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import type { DnsReply } from "../support/dns_message.ts";
import { DnsServer } from "../support/dns_server.ts";
import { echo } from "../support/echoed.ts";
import { eventually } from "../support/eventually.ts";
import { answerOn } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { canListen, condition, linux, testWith } from "../support/requirements.ts";
import { Zone } from "../support/zone.ts";

const addresses = condition(canListen("127.0.0.2"), "needs all of 127.0.0.0/8");

/** A balancer over names of a zone. */
class World implements AsyncDisposable {
  readonly zone: Zone;
  readonly dns: DnsServer;
  readonly events: BalancerEvent[] = [];
  balancer!: Type;

  private constructor(zone: Zone, dns: DnsServer) {
    this.zone = zone;
    this.dns = dns;
  }

  static async start(
    zone: Zone,
    groups: readonly (readonly ChannelOptions[])[],
    options: BalancerOptions = {},
  ): Promise<World> {
    const world = new World(zone, await DnsServer.start(zone.answer));
    try {
      world.balancer = await Balancer.start({
        port: 0,
        hostname: "127.0.0.1",
        engine: "portable",
        resolve: true,
        resolver: world.dns.address,
        groups: groups.map((channels) => ({ channels })),
        onEvent: (event) => world.events.push(event),
        ...options,
      });
      return world;
    } catch (error) {
      await world.dns[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return this.balancer.address.port;
  }

  /** Addresses and ports of a group's channels. */
  places(group = 0): string[] {
    const found = this.balancer.show().find((one) => one.group === group);
    return (found?.channels ?? []).map(({ address, port }) => `${address}:${port}`);
  }

  /** Waits until a group has these channels. */
  async have(places: readonly string[], group = 0): Promise<void> {
    await eventually(`group ${group} has ${places}`, () => String(this.places(group)) === String(places));
  }

  /** The first event of a type. */
  async event<T extends BalancerEvent["type"]>(type: T): Promise<Extract<BalancerEvent, { type: T }>> {
    const find = () => this.events.find((event) => event.type === type);
    await eventually(type, () => find() !== undefined);
    return find() as Extract<BalancerEvent, { type: T }>;
  }

  /** Lets every followed name be asked for once more. */
  async askedAgain(name: string): Promise<void> {
    // The second question comes after the answer to the first one has been dealt with.
    await this.dns.askedFor(name, 2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer.stop();
    await this.dns[Symbol.asyncDispose]();
  }
}

for (const engine of ENGINES) {
  const needs = [addresses, ...engine === "linux" ? [linux] : []];

  testWith(needs, `${engine}: a channel moves when its name loses its address, and connections go on`, async () => {
    const port = freePort();
    await using _first = echoBackend({ hostname: "127.0.0.2", port });
    await using _second = namedBackend("second", { hostname: "127.0.0.3", port });
    const zone = new Zone().host("web.test", "127.0.0.2");
    await using world = await World.start(zone, [[{ host: "web.test", port }]], { engine });
    using client = await Client.connect(world.port);
    await echo(client, "a");
    zone.host("web.test", "127.0.0.3", "127.0.0.2");
    await world.askedAgain("web.test");
    assert.deepEqual(world.places(), [`127.0.0.2:${port}`], "it still has its address");
    zone.host("web.test", "127.0.0.3");
    const moved = await world.event("channel-moved");
    assert.deepEqual([moved.group, moved.channel, moved.host], [0, 0, "web.test"]);
    assert.deepEqual([moved.address, moved.from].map(({ host }) => host), ["127.0.0.3", "127.0.0.2"]);
    assert.equal(await answerOn(world.port), "second");
    await echo(client, "b");
    const [{ channels: [{ total, current, host }] }] = world.balancer.show();
    assert.deepEqual([Number(total), current >= 1, host], [2, true, "web.test"]);
  });

  testWith(needs, `${engine}: the channels of a name come and go with its addresses, the others stay`, async () => {
    const port = freePort();
    await using _two = echoBackend({ hostname: "127.0.0.2", port });
    await using _three = namedBackend("three", { hostname: "127.0.0.3", port });
    await using _four = namedBackend("four", { hostname: "127.0.0.4", port });
    const zone = new Zone().host("web.test", "127.0.0.3", "127.0.0.2");
    await using world = await World.start(zone, [[{ host: "web.test", port, all: true, maxc: 9 }]], { engine });
    assert.deepEqual(world.places(), [`127.0.0.2:${port}`, `127.0.0.3:${port}`]);
    using client = await Client.connect(world.port);
    await echo(client, "a");
    assert.equal(await answerOn(world.port), "three");
    zone.host("web.test", "127.0.0.4", "127.0.0.3");
    await world.have([`127.0.0.3:${port}`, `127.0.0.4:${port}`]);
    assert.deepEqual([await answerOn(world.port), await answerOn(world.port)].sort(), ["four", "three"]);
    await echo(client, "b");
    const [{ channels }] = world.balancer.show();
    assert.deepEqual(channels.map(({ total, maxc }) => [Number(total), maxc]), [[2, 9], [1, 9]]);
    const { added, removed, host, channels: count } = await world.event("name-changed");
    assert.deepEqual([added, removed], [[`127.0.0.4:${port}`], [`127.0.0.2:${port}`]]);
    assert.deepEqual([host, count], ["web.test", 2]);
  });
}

Deno.test("an answer in another order changes nothing", async () => {
  const all = Array.from({ length: 20 }, (_, i) => `127.0.1.${i + 1}`);
  const zone = new Zone().host("web.test", ...all);
  await using world = await World.start(zone, [[{ host: "web.test", port: 80, all: true }, {
    host: "web.test",
    port: 81,
  }]]);
  const before = world.places();
  assert.deepEqual(before, [...all.map((address) => `${address}:80`), "127.0.1.1:81"]);
  zone.host("web.test", ...all.slice(7), ...all.slice(0, 7));
  await world.askedAgain("web.test");
  assert.deepEqual(world.places(), before);
  assert.deepEqual(world.events, []);
});

Deno.test("names whose lookups fail keep their channels; that is reported once, and once more when they are back", async () => {
  const failures: [name: string, answer: DnsReply, reason: string][] = [
    ["gone.test", { code: 3 }, "the name is not known (NXDOMAIN)"],
    ["empty.test", {}, "the name has no address"],
    ["failed.test", { code: 2 }, "the name server has failed (SERVFAIL)"],
  ];
  const zone = new Zone();
  for (const [name] of failures) zone.host(name, "127.0.1.1", "127.0.1.2");
  const words = failures.map(([host], i) => ({ host, port: 80 + i, all: true }));
  await using world = await World.start(zone, [words]);
  const before = world.places(), known = () => world.balancer.show()[0].channels.map(({ resolution }) => resolution!);
  for (const { source, ttl, stale } of known()) assert.deepEqual([source, ttl, stale], ["dns", 1, null]);
  world.dns.answer = (question) => {
    const failure = failures.find(([name]) => name === question.name);
    return failure === undefined ? zone.answer(question) : failure[1];
  };
  const about = (type: string) => world.events.filter((event) => event.type === type);
  await eventually("all are stale", () => about("name-stale").length === failures.length);
  assert.deepEqual(
    about("name-stale").map((event) => "reason" in event && "host" in event && [event.host, event.reason]).sort(),
    failures.map(([name, , reason]) => [name, reason]).sort(),
  );
  assert.deepEqual(world.places(), before);
  assert.deepEqual(known().map(({ stale }) => stale), failures.flatMap(([, , reason]) => [reason, reason]));
  for (const [name] of failures) zone.host(name, "127.0.1.2", "127.0.1.3");
  world.dns.answer = zone.answer;
  await eventually("all have answered", () => about("name-answered").length === failures.length);
  await world.have(failures.flatMap((_, i) => [`127.0.1.2:${80 + i}`, `127.0.1.3:${80 + i}`]));
  assert.equal(about("name-stale").length, failures.length);
  assert.ok(known().every(({ stale }) => stale === null));
});

Deno.test("of a thousand addresses a group takes the first 64, which is said once", async () => {
  const all = Array.from({ length: 1000 }, (_, i) => `127.1.${i >> 8}.${i & 255}`);
  const zone = new Zone().host("web.test", ...all.toReversed());
  await using world = await World.start(zone, [[{ host: "web.test", port: 80, all: true }]]);
  assert.deepEqual(world.places(), all.slice(0, 64).map((address) => `${address}:80`));
  const { wanted, taken } = await world.event("name-crowded");
  assert.deepEqual([wanted, taken], [1000, 64]);
  assert.ok(world.dns.asked.some(({ transport }) => transport === "tcp"));
  zone.host("web.test", ...all.slice(1));
  await world.have(all.slice(1, 65).map((address) => `${address}:80`));
  assert.equal(world.events.filter(({ type }) => type === "name-crowded").length, 1);
});

Deno.test("of thousands of places of a service, hosts are asked for as far as there can be room, and one event says so", async () => {
  const places = (priority: (i: number) => number) =>
    Array.from({ length: 1800 }, (_, i) => `${priority(i)} 1 80 t${i}.t`);
  for (const [priority, groups, channels] of [[(i: number) => i, 32, 1], [() => 1, 1, 64]] as const) {
    const zone = new Zone().service("_x.t", ...places(priority)).host("t0.t", "127.0.1.1").host("t1.t", "127.0.1.2");
    await using world = await World.start(zone, [[{ host: "srv:_x.t" }]]);
    assert.deepEqual(world.balancer.show().map(({ channels }) => channels.length), Array(groups).fill(channels));
    assert.equal(world.places()[0], "127.0.1.1:80");
    assert.equal(new Set(world.dns.asked.map(({ name }) => name)).size, 1 + groups * channels);
    const crowded = world.events.filter((event) => event.type === "name-crowded");
    assert.deepEqual(crowded.map(({ wanted, taken }) => wanted - taken), [1800 - groups * channels]);
  }
});

Deno.test("SRV records give hosts, ports, weights and, by priority, groups", async () => {
  const zone = new Zone().host("a.test", "127.0.1.1").host("b.test", "127.0.1.2").host("c.test", "127.0.1.3")
    .service("_x._tcp.test", "10 20 8001 a.test", "10 10 8002 b.test", "30 0 8003 c.test");
  const words = [[{ host: "srv:_x._tcp.test", maxc: 3 }], [{ host: "127.0.1.9", port: 80 }]];
  await using world = await World.start(zone, words, { resolve: false });
  const shown = () =>
    world.balancer.show().map(({ channels }) =>
      channels.map(({ host, port, weight, maxc }) => [host, port, weight, maxc])
    );
  assert.deepEqual(shown(), [
    [["a.test", 8001, 20, 3], ["b.test", 8002, 10, 3]],
    [["127.0.1.9", 80, 1, 0], ["c.test", 8003, 1, 3]],
  ]);
  zone.host("a.test", "127.0.1.8").service("_x._tcp.test", "1 65535 8001 a.test", "1 0 8003 c.test", "2 1 8002 b.test");
  await world.have(["127.0.1.8:8001", "127.0.1.3:8003"]);
  assert.deepEqual(shown(), [
    [["a.test", 8001, 256, 3], ["c.test", 8003, 1, 3]],
    [["127.0.1.9", 80, 1, 0], ["b.test", 8002, 1, 3]],
  ]);
  zone.service("_x._tcp.test", "1 1 8001 a.test", "2 1 8001 gone.test");
  await world.have(["127.0.1.9:80", ":8001"], 1);
  const waiting = await world.event("channel-unresolved");
  assert.deepEqual([waiting.group, waiting.channel, waiting.host], [1, 1, "gone.test"]);
  zone.host("gone.test", "127.0.1.7");
  await world.have(["127.0.1.9:80", "127.0.1.7:8001"], 1);
  assert.equal((await world.event("channel-resolved")).host, "gone.test");
});

testWith([addresses], "new channels wait for room while removed ones still have connections", async () => {
  await using backend = echoBackend({ hostname: "0.0.0.0" });
  const { port } = backend, some = (net: number) => Array.from({ length: 60 }, (_, i) => `127.0.${net}.${i + 1}`);
  const zone = new Zone().host("web.test", ...some(1));
  await using world = await World.start(zone, [[{ host: "web.test", port, all: true }]]);
  const clients: Client[] = [];
  for (const net of [1, 2]) {
    zone.host("web.test", ...some(net));
    await world.have(some(net).map((address) => `${address}:${port}`));
    for (let i = 0; i < 60; i++) {
      const client = await Client.connect(world.port);
      clients.push(client);
      await echo(client, "x");
    }
  }
  // 120 of 128 rows have connections by now.
  zone.host("web.test", ...some(3));
  await world.have(some(3).slice(0, 8).map((address) => `${address}:${port}`));
  for (const client of clients) client[Symbol.dispose]();
  await world.have(some(3).map((address) => `${address}:${port}`));
});

Deno.test("a new address begins slowly, as a channel of its own or as that of a channel that moves", async () => {
  const zone = new Zone().host("web.test", "127.0.1.1").host("all.test", "127.0.1.2", "127.0.1.3");
  const words = [{ host: "web.test", port: 80 }, { host: "all.test", port: 80, all: true }];
  await using world = await World.start(zone, [words], { slowStart: 1000 });
  const { table } = world.balancer.groups, slow = () => table.channels(0).map((id) => table.share(id) < 0.5);
  assert.deepEqual(slow(), [false, false, false], "not at the start");
  zone.host("web.test", "127.0.1.9").host("all.test", "127.0.1.3", "127.0.1.4");
  await world.have(["127.0.1.9:80", "127.0.1.3:80", "127.0.1.4:80"]);
  assert.deepEqual(slow(), [true, false, true]);
});

Deno.test("what operators have changed stays", async () => {
  const zone = new Zone().host("web.test", "127.0.1.1").host("all.test", "127.0.1.2", "127.0.1.3", "127.0.1.4")
    .service("_x._tcp.test", "1 2 80 web.test", "1 3 81 web.test");
  const words = [{ host: "web.test", port: 80 }, { host: "all.test", port: 80, all: true }, {
    host: "srv:_x._tcp.test",
  }];
  await using world = await World.start(zone, [words]);
  const { groups } = world.balancer;
  groups.disable(0, 0);
  groups.assign(0, 0, "127.0.1.9", { host: "127.0.1.9", port: 90 });
  groups.disable(0, 2);
  groups.limit(0, 2, 7);
  groups.weigh(0, 4, 9);
  groups.add(0, { host: "127.0.1.8", address: { host: "127.0.1.8", port: 80 } });
  zone.host("web.test", "127.0.1.5").host("all.test", "127.0.1.6", "127.0.1.3")
    .service("_x._tcp.test", "1 20 80 web.test", "1 30 81 web.test");
  await world.have(
    ["127.0.1.9:90", "127.0.1.3:80", "127.0.1.6:80", "127.0.1.5:80", "127.0.1.5:81", "127.0.1.8:80"],
  );
  await world.askedAgain("_x._tcp.test");
  const [{ channels }] = world.balancer.show();
  assert.deepEqual(channels.map(({ enabled, maxc, weight }) => [enabled, maxc, weight]), [
    [false, 0, 1],
    [false, 7, 1],
    [true, 0, 1],
    [true, 0, 9],
    [true, 0, 30],
    [true, 0, 1],
  ]);
  assert.equal(channels[0].resolution, undefined, "its name is not followed any more");
});

Deno.test("a name that becomes the balancer itself does not lead there", async () => {
  const zone = new Zone().host("web.test", "127.0.1.1").host("all.test", "127.0.1.2");
  const port = freePort(), words = [{ host: "web.test", port }, { host: "all.test", port, all: true }];
  await using world = await World.start(zone, [words], { port });
  zone.host("web.test", "127.0.0.1").host("all.test", "127.0.0.1", "127.0.1.2", "127.0.1.3");
  await world.have([`127.0.1.1:${port}`, `127.0.1.2:${port}`, `127.0.1.3:${port}`]);
  await world.askedAgain("web.test");
  assert.equal(world.places()[0], `127.0.1.1:${port}`);
  assert.equal((await world.event("name-loop")).loop, `127.0.0.1:${port}`);
  assert.equal(world.events.filter(({ type }) => type === "name-loop").length, 2);
});

Deno.test("a name is asked for once, whichever services and words have it", async () => {
  const zone = new Zone().host("web.test", "127.0.1.1");
  const words = [{ host: "web.test", port: 80 }, { host: "web.test", port: 81 }, {
    host: "web.test",
    all: true,
    port: 82,
  }];
  await using world = await World.start(zone, [words, words]);
  await world.balancer.serve({ port: 0, hostname: "127.0.0.1", resolve: true, groups: [{ channels: words }] });
  assert.equal(world.dns.count("web.test"), 1);
  const more = await world.balancer.serve({ port: 0, hostname: "127.0.0.1", groups: [{ channels: [words[2]] }] });
  assert.equal(more.show()[0].channels[0].address, "127.0.1.1");
  zone.host("web.test", "127.0.1.2");
  await eventually("all of them move", () => {
    return world.balancer.services.flatMap((service) => service.show()).flatMap(({ channels }) => channels)
      .every(({ address }) => address === "127.0.1.2");
  });
});

Deno.test("a name that is not known is an error at the start, with the reason", async () => {
  const message = 'Cannot resolve host: "web.test": the name is not known (NXDOMAIN)';
  await assert.rejects(World.start(new Zone(), [[{ host: "web.test", port: 80 }]]), { name: "UnknownHost", message });
  await assert.rejects(World.start(new Zone(), [[{ host: "srv:_x.test" }]]), /"_x\.test": the name is not known/);
});

Deno.test("a word that cannot stand for several channels is an error that says why", async () => {
  const wrong: [ChannelOptions, RegExp][] = [
    [{ host: "10.0.0.1", all: true, port: 80 }, /groups\[0\]\.channels\[0\] "10\.0\.0\.1": all needs a host name/],
    [{ host: "web.test", all: true, port: 80, name: "x" }, /name "x" is for one channel/],
    [{ host: "srv:_x.test", port: 80 }, /it takes no port: SRV records have one/],
    [{ host: "srv:_x.test", weight: 2 }, /it takes no weight/],
    [{ host: "srv:_x.test", all: true }, /all is for host names/],
  ];
  for (const [channel, message] of wrong) {
    await assert.rejects(Balancer.start({ port: 0, groups: [{ channels: [channel] }] }), {
      message,
      code: "ERR_OUT_OF_RANGE",
    });
  }
  await assert.rejects(
    Balancer.start({ port: 0, resolver: "dns.example" }),
    /resolver "dns\.example": it must be a numeric/,
  );
});
