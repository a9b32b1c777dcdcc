/** Open connections as the library shows and closes them. */
import assert from "node:assert/strict";
import { Balancer, type RecordState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually, pause, within } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";

/** All open connections, once each has got something from its channel. */
async function counted(balancer: Balancer): Promise<RecordState[]> {
  for (;;) {
    const all = await balancer.openConnections();
    if (all.every(({ down }) => down > 0)) return all;
    await pause(2);
  }
}

for (const engine of ENGINES) {
  const test = (name: string, body: () => Promise<void>) =>
    testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: ${name}`, body);

  test("open connections are shown with their channels, and closed one by one or as they are chosen", async () => {
    await using one = namedBackend("one");
    await using other = namedBackend("other");
    const channels = [one, other].map(({ port }) => ({ host: "127.0.0.1", port }));
    await using balancer = await Balancer.start({
      ...{ hostname: "::", port: 0, engine, groups: [{ channels }] },
    });
    const { port } = balancer.address, clients: Client[] = [];
    for (const hostname of ["127.0.0.1", "::1", "127.0.0.1", "::1"]) {
      const client = await Client.connect(port, hostname);
      clients.push(client);
      await client.readText();
    }
    // A thread counts what a client has got once it has sent it.
    const all = await within(30, "count their bytes", counted(balancer));
    assert.deepEqual(all.map(({ channel }) => channel), [0, 1, 0, 1]);
    assert.deepEqual(all.map(({ client }) => client.replace(/:\d+$/, "")), [
      "127.0.0.1",
      "[::1]",
      "127.0.0.1",
      "[::1]",
    ]);
    for (const { connectMs, durationMs, down, up, open, end, address, service } of all) {
      assert.ok(connectMs !== null && connectMs >= 0 && durationMs >= connectMs, `${connectMs} of ${durationMs}`);
      assert.deepEqual([up, open, end, service], [0, true, "open", String(port)]);
      assert.equal(down, address === `127.0.0.1:${one.port}` ? 3 : 5);
    }
    assert.equal(new Set(all.map(({ id }) => id)).size, 4, "ids differ");
    assert.deepEqual(await balancer.openConnections({ older: 3600 }), []);
    const chosen = async (options: Parameters<typeof balancer.openConnections>[0]) =>
      (await balancer.openConnections(options)).map(({ id }) => id);
    const ids = all.map(({ id }) => id);
    assert.deepEqual(await chosen({ channel: { group: 0, channel: 1 } }), [ids[1], ids[3]]);
    assert.deepEqual(await chosen({ client: "127.0.0.0/8" }), [ids[0], ids[2]]);
    assert.deepEqual(await chosen({ id: ids[2].toUpperCase() }), [ids[2]]);

    assert.equal(await balancer.closeConnections({ id: ids[0] }), 1);
    assert.equal(await clients[0].readText().catch(() => null), null);
    assert.equal(await balancer.closeConnections({ id: ids[0] }), 0);
    assert.equal(await balancer.closeConnections({ client: "::1", channel: { group: 0, channel: 0 } }), 0);
    assert.equal(await balancer.closeConnections({ client: "::1" }), 2);
    assert.deepEqual(await chosen({}), [ids[2]]);
    assert.equal(await balancer.closeConnections({}), 1);
    await eventually("none is left", () => balancer.connections === 0);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("a wrong choice of connections is an error that says what is wrong, and closes none", async () => {
    await using backend = namedBackend("a");
    const channels = [{ host: "127.0.0.1", port: backend.port }];
    await using balancer = await Balancer.start({ port: 0, hostname: "127.0.0.1", engine, groups: [{ channels }] });
    using client = await Client.connect(balancer.address.port);
    await client.readText();
    for (
      const [options, name, message] of [
        [{ id: "?" }, "RangeError", /id "\?"/],
        [{ client: "10.0.0.1/8" }, "RangeError", /did you mean 10\.0\.0\.0\/8/],
        [{ client: "@file" }, "RangeError", /is a file/],
        [{ channel: { group: 0, channel: 5 } }, "RangeError", /group 0 has no channel 5/],
        [{ older: -1 }, "RangeError", /older/],
        [{ old: 1 }, "TypeError", /old/],
        [{ client: 5 }, "TypeError", /client/],
      ] as const
    ) {
      for (const method of ["openConnections", "closeConnections"] as const) {
        await assert.rejects(balancer[method](options as object), { name, message });
      }
    }
    assert.equal(balancer.connections, 1);
  });
}
