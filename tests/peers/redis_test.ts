/** redis behind the balancer, pipelining clients in front of it. */
import assert from "node:assert/strict";
import { Client } from "../support/client.ts";
import { ExternalServer, runClient } from "../support/external_server.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { installed, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

async function withRedis(test: (instance: Instance) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const port = freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory.path];
  await using _redis = await ExternalServer.start("redis-server", args, port);
  await using instance = await Instance.start([`127.0.0.1:${port}`]);
  await test(instance);
  await instance.untilState("all have ended", ({ connections }) => connections === 0);
}

const needs = [posix, installed("redis-server")];

/** A command in the protocol of redis. */
function command(...words: string[]): string {
  return `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
}

testWith(
  needs,
  "thousands of pipelined commands are answered in order, on several connections",
  () =>
    withRedis(async (instance) => {
      await Promise.all(Array.from({ length: 4 }, async (_, i) => {
        using client = await Client.connect(instance.port);
        let sent = "", expected = "";
        for (let n = 1; n <= 3000; n++) {
          const value = `${i}-${n}-`.repeat(n % 40 + 1);
          sent += command("SET", `key${i}`, value) + command("GET", `key${i}`) + command("INCR", `counter${i}`);
          expected += `+OK\r\n$${value.length}\r\n${value}\r\n:${n}\r\n`;
        }
        // Sent and read at the same time, or both sides would wait for each other with full buffers.
        const [, answers] = await Promise.all([client.send(sent), client.readExactly(expected.length)]);
        assert.equal(new TextDecoder().decode(answers), expected);
      }));
    }),
);

testWith(needs, "a value of many megabytes goes there and back", () =>
  withRedis(async (instance) => {
    using client = await Client.connect(instance.port);
    const value = "0123456789abcdef".repeat(1024 * 1024);
    await client.send(command("SET", "large", value) + command("GET", "large"));
    const expected = `+OK\r\n$${value.length}\r\n${value}\r\n`;
    assert.ok(
      new TextDecoder().decode(await client.readExactly(expected.length)) === expected,
      "the value has changed",
    );
  }));

testWith(needs, "messages that redis pushes arrive while the client says nothing", () =>
  withRedis(async (instance) => {
    using subscriber = await Client.connect(instance.port);
    await subscriber.send(command("SUBSCRIBE", "news"));
    await subscriber.readExactly("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n".length);
    using publisher = await Client.connect(instance.port);
    for (let i = 0; i < 20; i++) {
      await publisher.send(command("PUBLISH", "news", `item ${i}`));
      assert.equal(new TextDecoder().decode(await publisher.readExactly(4)), ":1\r\n");
      const pushed = command("message", "news", `item ${i}`);
      assert.equal(new TextDecoder().decode(await subscriber.readExactly(pushed.length)), pushed);
    }
  }));

testWith(
  [...needs, installed("redis-benchmark")],
  "redis-benchmark runs through with 50 connections and pipelines",
  () =>
    withRedis(async (instance) => {
      const common = ["-h", "127.0.0.1", "-p", String(instance.port), "-c", "50", "-n", "20000", "--csv"];
      const report = await runClient("redis-benchmark", ...common, "-P", "16", "-t", "set,get,incr");
      for (const test of ["SET", "GET", "INCR"]) assert.match(report, new RegExp(`^"${test}","\\d+`, "m"));
    }),
);
