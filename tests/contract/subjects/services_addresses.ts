import assert from "node:assert/strict";
import { namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { pause } from "../../support/eventually.ts";
import { noIPv6 } from "../../support/requirements.ts";
import type { ServiceTrial, SharedTrial } from "../shared_trial.ts";
import type { ContractTest } from "../suite.ts";
import type { Target } from "../trial.ts";

/** Elsewhere, a socket on one address may share the port of one on all addresses. */
const otherRules = Deno.build.os !== "linux" && "other systems let sockets share a port";

/** Clients in a queue, half of them of each family. */
const QUEUED = 12;

export function servicesAddresses(test: ContractTest): void {
  test("services on the same port of different addresses get the clients of their own address", async (_, share) => {
    await using four = namedBackend("four");
    await using six = namedBackend("six");
    await using trial = await share();
    const one = await serveOn(trial, "127.0.0.1", [four]), [port] = one.ports;
    const other = await serveOn(trial, "::1", [six], port);
    for (let i = 0; i < 5; i++) {
      assert.deepEqual([await Client.ask(port, "127.0.0.1"), await Client.ask(port, "::1")], ["four", "six"]);
    }
    other.served.stopAccepting();
    await other.served.ended;
    await assert.rejects(() => Client.connect(port, "::1"), { code: "ECONNREFUSED" });
    assert.equal(await Client.ask(port, "127.0.0.1"), "four");
    const again = await serveOn(trial, "::1", [six], port);
    assert.deepEqual([await Client.ask(port, "127.0.0.1"), await Client.ask(port, "::1")], ["four", "six"]);
    assert.deepEqual([one, again].map(({ table }) => table.counters(0).total), [7n, 1n]);
  }, noIPv6);

  test("services on wildcards of both families and on single addresses answer side by side", async (_, share) => {
    const hostnames = ["0.0.0.0", "::", "127.0.0.1", "::1"], names = hostnames.map((_, i) => String(i));
    const backends = names.map((name) => namedBackend(name));
    try {
      await using trial = await share();
      const services: ServiceTrial[] = [];
      for (const [i, hostname] of hostnames.entries()) services.push(await serveOn(trial, hostname, [backends[i]]));
      const ask = (service: number, from: string) => Client.ask(services[service].ports[0], from);
      const four = [0, 1, 2], six = [1, 3];
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await Promise.all(four.map((service) => ask(service, "127.0.0.1"))), ["0", "1", "2"]);
        assert.deepEqual(await Promise.all(six.map((service) => ask(service, "::1"))), ["1", "3"]);
      }
      await assert.rejects(() => ask(0, "::1"), { code: "ECONNREFUSED" });
      await assert.rejects(() => ask(3, "127.0.0.1"), { code: "ECONNREFUSED" });
    } finally {
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    }
  }, noIPv6);

  test("one service may listen on addresses of both families", async (_, share) => {
    await using backend = namedBackend("a");
    await using trial = await share();
    const service = await serveOn(trial, "127.0.0.1", [backend]), [port] = service.ports;
    const listener = trial.listen({ hostname: "::1", port });
    await service.served.addListener(listener);
    assert.deepEqual([await Client.ask(port, "127.0.0.1"), await Client.ask(port, "::1")], ["a", "a"]);
    service.served.removeListener(listener);
    // Deno releases a listener in the next turn of its loop.
    await pause(0);
    await assert.rejects(() => Client.connect(port, "::1"), { code: "ECONNREFUSED" });
    assert.equal(await Client.ask(port, "127.0.0.1"), "a");
  }, noIPv6);

  test("a wildcard keeps its port from other services, which is an error, and both go on", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const wide = await serveOn(trial, "::", [a]), narrow = await serveOn(trial, "127.0.0.1", [b]);
    for (const hostname of ["::1", "127.0.0.1", "0.0.0.0", "::"]) {
      assert.throws(() => trial.listen({ hostname, port: wide.ports[0] }), { code: "EADDRINUSE" }, hostname);
    }
    for (const hostname of ["0.0.0.0", "::"]) {
      assert.throws(() => trial.listen({ hostname, port: narrow.ports[0] }), { code: "EADDRINUSE" }, hostname);
    }
    assert.deepEqual([await wide.ask(), await narrow.ask()], ["a", "b"]);
  }, noIPv6 || otherRules);

  test("a wildcard's clients of both families go with its socket to another service", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const one = await serveOn(trial, "::", [a]), other = await serveOn(trial, "127.0.0.1", [b]);
    const [listener] = one.served.listeners, { port } = listener.address;
    one.served.pauseAccepting();
    const clients = await Promise.all(
      Array.from({ length: QUEUED }, (_, i) => Client.connect(port, i % 2 === 0 ? "127.0.0.1" : "::1")),
    );
    await one.served.handOver(listener, other.served);
    for (const client of clients) {
      assert.equal(await client.readText(), "b");
      client[Symbol.dispose]();
    }
    assert.deepEqual([await Client.ask(port, "::1"), await other.ask(), a.accepted], ["b", "b", 0]);
  }, noIPv6);
}

/** A service that listens on one address; by default on a free port. */
async function serveOn(
  trial: SharedTrial,
  hostname: string,
  channels: readonly Target[],
  port = 0,
): Promise<ServiceTrial> {
  const listener = trial.listen({ hostname, port }), service = await trial.serve({ channels, sockets: 0 });
  await service.served.addListener(listener);
  return service;
}
