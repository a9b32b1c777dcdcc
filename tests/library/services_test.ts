/** A balancer with several services. */
import assert from "node:assert/strict";
import { Balancer, type BalancerEvent } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, testWith } from "../support/requirements.ts";

const LISTEN = { hostname: "127.0.0.1", port: 0 };

const DEAD = { host: "127.0.0.1", port: 1 };

/** What a client hears on a port. */
async function ask(port: number, hostname?: string): Promise<string> {
  using client = await Client.connect(port, hostname);
  await client.finish();
  return await client.readAllText();
}

for (const engine of ENGINES) {
  const test = (sentence: string, body: () => Promise<void>) =>
    testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: ${sentence}`, body);

  test("services of one balancer come, are found by name, and go", async () => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    await using balancer = await Balancer.start({ engine });
    assert.deepEqual(balancer.services, []);
    const groups = (port: number) => [{ channels: [{ host: "127.0.0.1", port }] }];
    const web = await balancer.serve({ ...LISTEN, name: "web", groups: groups(one.address.port) });
    const mail = await balancer.serve({ ...LISTEN, groups: groups(two.address.port) });
    assert.deepEqual(balancer.services, [web, mail]);
    assert.deepEqual([web.name, mail.name], ["web", String(mail.address.port)]);
    assert.equal(balancer.service("web"), web);
    assert.equal(balancer.service("mail"), undefined);
    assert.deepEqual([await ask(web.address.port), await ask(mail.address.port)], ["one", "two"]);
    assert.equal(web.show()[0].channels[0].total, 1n);
    using client = await Client.connect(web.address.port);
    await client.readExactly(3);
    await eventually("one is connected", () => web.connections === 1 && mail.connections === 0);
    web.stopAccepting();
    assert.deepEqual(balancer.services, [mail]);
    await assert.rejects(Client.connect(web.address.port), "the port is free");
    const again = await balancer.serve({ ...LISTEN, name: "web", port: web.address.port });
    assert.equal(web.connections, 1, "the connections of the old one go on");
    await web.stop();
    assert.equal((await client.readToEnd()).length, 0);
    assert.deepEqual(balancer.services, [mail, again]);
    assert.equal(await ask(mail.address.port), "two");
  });

  test("one service's drain does not touch the others", async () => {
    await using back = namedBackend("here");
    await using balancer = await Balancer.start({ engine });
    const groups = [{ channels: [{ host: "127.0.0.1", port: back.address.port }] }];
    const web = await balancer.serve({ ...LISTEN, name: "web", groups });
    const mail = await balancer.serve({ ...LISTEN, name: "mail", groups });
    using first = await Client.connect(web.address.port);
    using second = await Client.connect(mail.address.port);
    for (const client of [first, second]) assert.equal((await client.readExactly(4)).length, 4);
    assert.equal(await web.drain(0), 1);
    await assert.rejects(web.add(0, DEAD), { code: "ERR_STOPPED" });
    assert.equal(mail.connections, 1);
    await mail.add(0, DEAD);
    await second.finish();
    assert.equal(await second.readAllText(), "");
    assert.equal(await ask(mail.address.port), "here");
  });

  test("a service whose name or port is taken is an error, and the others go on", async () => {
    await using back = namedBackend("here");
    await using balancer = await Balancer.start({ engine });
    const groups = [{ channels: [{ host: "127.0.0.1", port: back.address.port }] }];
    const web = await balancer.serve({ ...LISTEN, name: "web", groups });
    const { port } = web.address, free = freePort();
    await assert.rejects(balancer.serve({ ...LISTEN, name: "web", port: free }), {
      code: "ERR_SERVICE_EXISTS",
      message: 'Cannot serve: another service is called "web"',
    });
    await assert.rejects(balancer.serve({ ...LISTEN, name: "mail", port }), { code: "EADDRINUSE" });
    const both = await Promise.allSettled(
      [free, freePort()].map((port) => balancer.serve({ ...LISTEN, name: "twice", port })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.deepEqual(balancer.services.map(({ name }) => name), ["web", "twice"]);
    assert.equal(await ask(port), "here");
  });

  test("an event names its service", async () => {
    const events: BalancerEvent[] = [];
    using dead = await RefusingPort.take();
    await using balancer = await Balancer.start({ engine, onEvent: (event) => events.push(event) });
    const { host, port } = dead.address, groups = [{ channels: [{ host, port }] }];
    for (const name of ["web", "mail"]) await balancer.serve({ ...LISTEN, name, groups });
    assert.equal(await ask(balancer.service("mail")!.address.port), "");
    await eventually("it is reported", () => events.some(({ type }) => type === "turned-away"));
    assert.deepEqual(events.map(({ type, service }) => [type, service]), [["channel-failing", "mail"], [
      "turned-away",
      "mail",
    ]]);
  });
}

Deno.test("library: a balancer without a port has no service of its own", async () => {
  await using balancer = await Balancer.start({ engine: "portable" });
  const expected = { name: "Error", code: "ERR_NO_SUCH_SERVICE" };
  for (const ask of [() => balancer.address, () => balancer.show(), () => balancer.disable(0, 0)]) {
    assert.throws(ask, expected);
  }
  await assert.rejects(balancer.add(0, DEAD), expected);
  await balancer.serve(LISTEN);
  assert.throws(() => balancer.address, expected);
  await balancer.stop();
  await assert.rejects(balancer.serve(LISTEN), { code: "ERR_STOPPED" });
});

Deno.test("library: an option of a service needs a port", async () => {
  const wrong = { groups: [], name: "web", hostname: "::1", idleTimeout: 5 };
  for (const [name, value] of Object.entries(wrong)) {
    await assert.rejects(Balancer.start({ engine: "portable", [name]: value }), {
      name: "TypeError",
      message: `Cannot use ${name}: it is an option of a service, and there is no port`,
    });
  }
  await using balancer = await Balancer.start({ engine: "portable", maxConnections: 5 });
  await assert.rejects(balancer.serve({ ...LISTEN, sendBuffer: 5 }), {
    code: "ERR_ENGINE_UNAVAILABLE",
    message: "the portable engine has no buffer sizes",
  });
});
