/** What metrics say about real connections, on both engines. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { echo, established } from "../support/echoed.ts";
import { pause } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { get } from "../support/http.ts";
import { Instance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];

  testWith(needs, `${engine}: connections, bytes, times and failures are those of the clients`, async () => {
    await using back = echoBackend();
    const metrics = freePort(), dead = freePort(), options = ["--engine", engine, "--metrics", String(metrics)];
    await using instance = await Instance.start([`127.0.0.1:${dead},name=dead`, `127.0.0.1:${back.port}`], { options });
    const service = `service="${instance.port}"`, group = `${service},group="0"`;
    const read = async (query = "") => {
      const { body } = await get(metrics, `/metrics${query}`);
      return new Map(body.split("\n").map((line) => line.split(/ (?=\S+$)/) as [string, string]));
    };
    const first = await established(instance), second = await established(instance);
    await echo(first, "x".repeat(1000));
    await first.finish();
    await first.readToEnd();
    const ended = `balance_service_ended_total{${service},end="closed"}`;
    for (let left = 2000; (await read()).get(ended) !== "1"; left--) {
      assert.ok(left > 0, "its end is not counted");
      await pause(5);
    }
    const found = await read(), of = (name: string, labels: string) => Number(found.get(`${name}{${labels}}`));
    assert.equal(of("balance_service_connections_total", service), 2);
    assert.equal(of("balance_service_connections_current", service), 1);
    assert.ok(of("balance_group_connect_failures_total", group) >= 1);
    assert.equal(of("balance_group_connect_seconds_count", group), 2);
    assert.equal(of("balance_group_session_sent_bytes_bucket", `${group},le="256"`), 0);
    assert.equal(of("balance_group_session_sent_bytes_bucket", `${group},le="2048"`), 1);
    const sum = of("balance_group_session_received_bytes_sum", group);
    assert.ok(sum >= 1000 && sum < 1100, String(sum));
    const gone = `${group},channel="0",address="127.0.0.1:${dead}",name="dead"`;
    assert.ok(of("balance_channel_connect_errors_total", `${gone},reason="refused"`) >= 1);
    assert.equal(of("balance_channel_up", gone), 0);
    assert.equal(of("balance_channel_connections_current", `${group},channel="1",address="127.0.0.1:${back.port}"`), 1);
    const names = [...(await read("?detail=group&service=other")).keys()];
    assert.ok(names.includes("balance_threads") && !names.some((name) => name.includes(service)));
    const latency = (await instance.control("show latency")).split("\n");
    assert.match(latency[0], /^GRP +# +channel +time +n +median +p90 +p99 +p99\.9$/);
    assert.match(latency[1], /^ +0 +all +connect +2 +[\d.]+m?s( +-){3}$/);
    second[Symbol.dispose]();
    first[Symbol.dispose]();
  });
}

testWith([posix], "a question that is wrong gets an answer that says what", async () => {
  const metrics = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", String(metrics)] });
  const { status, body } = await get(metrics, "/metrics?detail=%1b%5b2J");
  assert.deepEqual([status, body], [400, 'detail is group or channel, not "\\x1b[2J"\n']);
});
