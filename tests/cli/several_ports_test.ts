/** A service with several ports and addresses. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { answerOn } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { ipv6, linux, testWith } from "../support/requirements.ts";

/** Two neighbouring ports, as options of an instance. */
function twoPorts(engine: string) {
  const first = freePorts(2);
  return {
    first,
    second: first + 1,
    setup: { port: first, ports: `${first},${first + 1}`, options: ["--engine", engine] },
  };
}

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [];

  testWith(needs, `${engine}: a service listens on several ports`, async () => {
    await using back = namedBackend("here");
    const { first, second, setup } = twoPorts(engine);
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], setup);
    assert.deepEqual([await answerOn(first), await answerOn(second)], ["here", "here"]);
    const line = await instance.logged(/listens on/);
    assert.ok(line.includes(`listens on 127.0.0.1:${first},${second}: 1 channel in 1 group`), line);
    const { services: [service] } = JSON.parse(await instance.control("show json"));
    assert.deepEqual(service.ports, [{ first, last: first }, { first: second, last: second }]);
    assert.equal(service.name, String(first));
  });

  testWith(needs, `${engine}: a channel without a port gets the port that its client came to`, async () => {
    const { first, second, setup } = twoPorts(engine);
    await using one = namedBackend("one", { hostname: "127.0.0.2", port: first });
    await using two = namedBackend("two", { hostname: "127.0.0.2", port: second });
    await using instance = await Instance.start(["127.0.0.2", "127.0.0.3"], setup);
    assert.deepEqual([await answerOn(one.port), await answerOn(two.port)], ["one", "two"]);
    assert.match(await instance.control("show"), / 127\.0\.0\.2 +\* /);
    await instance.logged(/channel 1 \(127\.0\.0\.3:\*\) is failing: /);
  });

  testWith([...needs, ipv6], `${engine}: a service listens on several addresses`, async () => {
    await using back = namedBackend("here");
    const options = ["--engine", engine, "-b", "::1"];
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options });
    const { port } = instance, line = await instance.logged(/listens on/);
    assert.deepEqual([await answerOn(port), await answerOn(port, "::1")], ["here", "here"]);
    assert.ok(line.includes(`listens on [::1]:${port}, 127.0.0.1:${port}: `), line);
  });

  testWith(needs, `${engine}: with one port in use, none of a service's ports is opened`, async () => {
    const { first, second, setup } = twoPorts(engine);
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: second });
    await assert.rejects(Instance.start([], setup), (error: Error) => {
      assert.ok(error.message.includes(`cannot listen on 127.0.0.1:${second}: the port is in use`), error.message);
      return true;
    });
    Deno.listen({ hostname: "127.0.0.1", port: first }).close();
  });
}
