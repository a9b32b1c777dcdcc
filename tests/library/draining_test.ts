/** Taking channels out of service, by an embedding program. */
import assert from "node:assert/strict";
import { Balancer, type BalancerEvent } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";

/** A balancer before channels of one back end, and its events. */
async function balancerOf(engine: (typeof ENGINES)[number], port: number, channels = 2) {
  const events: BalancerEvent[] = [];
  const balancer = await Balancer.start({
    engine,
    hostname: "127.0.0.1",
    port: 0,
    groups: [{ channels: Array.from({ length: channels }, () => ({ host: "127.0.0.1", port })) }],
    onEvent: (event) => void events.push(event),
  });
  return { balancer, events };
}

/** Clients that have been connected, one after another. */
async function clientsOf(balancer: Balancer, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Client.connect(balancer.address.port);
    clients.push(client);
    assert.equal(await client.readText(), "a");
  }
  return clients;
}

/** What is reported about drains. */
function told(events: readonly BalancerEvent[]): unknown[] {
  return events.map((event) => {
    if (event.type === "channel-drained") return [event.type, event.group, event.channel, event.closed];
    if (event.type === "channel-draining") return [event.type, event.connections, event.seconds];
    return event.type === "channel-closing" ? [event.type, event.connections] : event.type;
  });
}

for (const engine of ENGINES) {
  const test = (name: string, body: () => Promise<void>) =>
    testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: ${name}`, body);

  test("a channel that is drained gets no new clients, and is empty once those that it has have left", async () => {
    await using backend = namedBackend("a");
    const { balancer, events } = await balancerOf(engine, backend.port);
    await using _ = balancer;
    const clients = await clientsOf(balancer, 4);
    let closed = -1;
    const drained = balancer.drainChannel(0, 0).then((count) => closed = count);
    clients.push(...await clientsOf(balancer, 4));
    const [{ channels: [one, other] }] = balancer.show();
    assert.deepEqual([one.current, other.current, one.disabledBy, one.enabled], [2, 6, ["drain"], false]);
    assert.ok(Math.abs(Date.now() - Date.parse(one.drainingSince!)) < 60_000);
    assert.equal(other.drainingSince, null);
    clients[0][Symbol.dispose]();
    await eventually("one has left", () => balancer.show()[0].channels[0].current === 1);
    assert.equal(closed, -1);
    clients[2][Symbol.dispose]();
    await drained;
    assert.equal(closed, 0);
    assert.deepEqual(told(events), [["channel-draining", 2, undefined], ["channel-drained", 0, 0, 0]]);
    balancer.enable(0, 0);
    const [{ channels: [back] }] = balancer.show();
    assert.deepEqual([back.enabled, back.drainingSince], [true, null]);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("at a drain's deadline, what is left of its channel is closed, and nothing else", async () => {
    await using backend = namedBackend("a");
    const { balancer, events } = await balancerOf(engine, backend.port);
    await using _ = balancer;
    const clients = await clientsOf(balancer, 6);
    assert.equal(await balancer.drainChannel(0, 0, 0.2), 3);
    for (const i of [0, 2, 4]) assert.equal(await clients[i].readText(), null);
    assert.deepEqual(balancer.show()[0].channels.map(({ current }) => current), [0, 3]);
    assert.deepEqual(told(events), [["channel-draining", 3, 0.2], ["channel-closing", 3], [
      "channel-drained",
      0,
      0,
      3,
    ]]);
    // An empty channel is drained at once.
    assert.equal(await balancer.drainChannel(0, 0, 60), 0);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("a drain ends when the channel is enabled or drained again, and its deadline with it", async () => {
    await using backend = namedBackend("a");
    const { balancer } = await balancerOf(engine, backend.port, 1);
    await using _ = balancer;
    const [client] = await clientsOf(balancer, 1);
    const first = balancer.drainChannel(0, 0, 0.3), second = balancer.drainChannel(0, 0, 2e9);
    assert.equal(await first, 0);
    const service = balancer.service(balancer.services[0].name)!, outcome = service.startDrain(0, 0, 2e9);
    assert.equal(await second, 0);
    balancer.enable(0, 0);
    const { how, closed } = await outcome;
    assert.deepEqual([how, closed], ["enabled", 0]);
    await client.send("x");
    assert.equal(balancer.connections, 1, "nobody has closed it");
    client[Symbol.dispose]();
  });

  test("a stop ends all drains, and leaves no timer", async () => {
    await using backend = namedBackend("a");
    const { balancer } = await balancerOf(engine, backend.port, 1);
    const [client] = await clientsOf(balancer, 1), drained = balancer.drainChannel(0, 0, 2e9);
    await balancer.stop();
    assert.equal(await drained, 0);
    assert.equal(await client.readText(), null);
    client[Symbol.dispose]();
  });

  test("a channel's connections are closed, all or the oldest, and what is closed is counted", async () => {
    await using backend = namedBackend("a");
    const { balancer } = await balancerOf(engine, backend.port);
    await using _ = balancer;
    const clients = await clientsOf(balancer, 8);
    assert.equal(await balancer.closeChannel(0, 1, { oldest: 3 }), 3);
    assert.equal(await balancer.closeChannel(0, 0, { within: 0.1 }), 4);
    assert.equal(await balancer.closeChannel(0, 0), 0);
    for (const i of [0, 1, 2, 3, 4, 5, 6]) assert.equal(await clients[i].readText(), null);
    assert.equal(balancer.connections, 1);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("maintenance is a state of its own, which enabling ends too", async () => {
    const { balancer } = await balancerOf(engine, 9);
    await using _ = balancer;
    balancer.disable(0, 0);
    balancer.disable(0, 0, { maintenance: true });
    assert.deepEqual(balancer.show()[0].channels[0].disabledBy, ["operator", "maintenance"]);
    balancer.enable(0, 0);
    assert.deepEqual(balancer.show()[0].channels[0].disabledBy, []);
  });

  test("wrong words about channels that are drained or closed are errors that name them", async () => {
    const { balancer } = await balancerOf(engine, 9);
    await using _ = balancer;
    await assert.rejects(balancer.drainChannel(0, 7), { code: "ERR_NO_SUCH_CHANNEL" });
    await assert.rejects(balancer.drainChannel(0, 0, -1), { code: "ERR_OUT_OF_RANGE", message: /seconds/ });
    await assert.rejects(balancer.drainChannel(0, 0, "5" as never), { code: "ERR_INVALID_TYPE", message: /seconds/ });
    await assert.rejects(balancer.closeChannel(0, 0, { oldest: 1.5 }), { message: /options.oldest/ });
    await assert.rejects(balancer.closeChannel(0, 0, { eldest: 1 } as never), { code: "ERR_UNKNOWN_OPTION" });
    assert.throws(() => balancer.disable(0, 0, { maintenance: 1 as never }), { message: /options.maintenance/ });
  });
}
