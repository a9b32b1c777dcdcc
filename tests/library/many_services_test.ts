/** As many services and ports as a balancer must manage at once. */
import assert from "node:assert/strict";
import { Balancer } from "../../mod.ts";
import { ENGINE_NAMES } from "../../src/options/engine_name.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { freePorts } from "../support/free_port.ts";
import { linux, testWith } from "../support/requirements.ts";

const SERVICES = 200, PORTS = 5;

for (const engine of ENGINE_NAMES) {
  const needs = engine === "linux" ? [linux] : [];

  testWith(needs, `library, ${engine} engine: ${SERVICES} services answer on ${SERVICES * PORTS} ports`, async () => {
    await using one = namedBackend("one");
    await using other = namedBackend("other");
    await using balancer = await Balancer.start({ engine });
    const first = freePorts(SERVICES * PORTS);
    const services = await Promise.all(Array.from({ length: SERVICES }, (_, i) => {
      const port = `${first + i * PORTS}-${first + (i + 1) * PORTS - 1}`;
      const channels = [{ host: "127.0.0.1", port: (i % 2 === 0 ? one : other).port }];
      return balancer.serve({ hostname: "127.0.0.1", port, groups: [{ channels }] });
    }));
    for (const [i, { name, addresses }] of services.entries()) {
      assert.equal(name, `${first + i * PORTS}`);
      const answers = await Promise.all(addresses.map(async ({ port }) => {
        using client = await Client.connect(port);
        return await client.readText();
      }));
      assert.deepEqual(answers, Array(PORTS).fill(i % 2 === 0 ? "one" : "other"));
    }
    assert.equal(balancer.services.length, SERVICES);
    assert.ok(services.every((service) => service.show()[0].channels[0].total === BigInt(PORTS)));
    await Promise.all(services.map((service) => service.drain(10)));
    assert.deepEqual(balancer.services, []);
  });
}
