/** nginx behind the balancer; curl, ab and wrk in front of it. */
import assert from "node:assert/strict";
import { ExternalServer, runClient } from "../support/external_server.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { installed, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Two nginx servers in one process, with a large file, and the program in front of them. */
async function withNginx(test: (url: string, instance: Instance, directory: string) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const { path } = directory, [one, two] = [freePort(), freePort()];
  Deno.chmodSync(path, 0o755);
  Deno.writeFileSync(`${path}/large`, LARGE);
  const server = (port: number, name: string) =>
    `server { listen 127.0.0.1:${port}; root ${path}; keepalive_requests 100000;
      location = /name { return 200 "${name}\n"; } }`;
  Deno.writeTextFileSync(
    `${path}/nginx.conf`,
    `daemon off; master_process off; pid ${path}/pid; error_log stderr error; events {}
    http { access_log off; client_body_temp_path ${path}/b; proxy_temp_path ${path}/p; fastcgi_temp_path ${path}/f;
      uwsgi_temp_path ${path}/u; scgi_temp_path ${path}/s; ${server(one, "one")} ${server(two, "two")} }`,
  );
  await using _nginx = await ExternalServer.start("nginx", ["-c", `${path}/nginx.conf`, "-p", path], one);
  await using instance = await Instance.start([`127.0.0.1:${one}`, `127.0.0.1:${two}`]);
  await test(`http://127.0.0.1:${instance.port}`, instance, path);
}

const LARGE = pattern(8 * 1024 * 1024, 3);

const needs = [posix, installed("nginx", "curl")];

testWith(needs, "curl meets both nginx servers in turn, a connection for each request", () =>
  withNginx(async (url) => {
    const close = ["-sS", "-H", "Connection: close", `${url}/name`];
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push(await runClient("curl", ...close));
    assert.deepEqual(answers, ["one\n", "two\n", "one\n", "two\n"]);
  }));

testWith(needs, "curl keeps one connection for many requests", () =>
  withNginx(async (url, instance) => {
    const many = Array.from({ length: 50 }, () => `${url}/name`);
    assert.equal(await runClient("curl", "-sS", ...many), "one\n".repeat(50));
    await instance.untilState("it has ended", ({ connections }) => connections === 0);
    const { groups: [{ channels }] } = await instance.state();
    assert.deepEqual(channels.map(({ total }) => total), [1, 0]);
  }));

testWith(
  needs,
  "a large file arrives unchanged: whole, in ranges, and many times at once",
  () =>
    withNginx(async (url, instance, directory) => {
      const outputs = Array.from({ length: 6 }, (_, i) => `${directory}/got${i}`);
      await runClient("curl", "-sS", "-Z", ...outputs.flatMap((path) => ["-o", path, `${url}/large`]));
      for (const path of outputs) assert.deepEqual(digestOf(Deno.readFileSync(path)), digestOf(LARGE));
      await runClient("curl", "-sS", "-r", "1000000-1999999", "-o", outputs[0], `${url}/large`);
      assert.deepEqual(digestOf(Deno.readFileSync(outputs[0])), digestOf(LARGE.subarray(1_000_000, 2_000_000)));
      await instance.untilState("all have ended", ({ connections }) => connections === 0);
      const { groups: [{ channels }] } = await instance.state();
      const received = channels.reduce((sum, { rcvd }) => sum + rcvd, 0);
      assert.ok(received > 6 * LARGE.length + 1_000_000, `${received} bytes counted`);
      assert.ok(received < 6 * LARGE.length + 1_000_000 + 7 * 1000, `${received} bytes counted`);
    }),
);

testWith(
  [...needs, installed("ab")],
  "ab sees no failed request, with keep-alive and without",
  () =>
    withNginx(async (url, instance) => {
      for (const keepAlive of [["-k"], []]) {
        const report = await runClient("ab", "-q", "-n", "2000", "-c", "20", ...keepAlive, `${url}/name`);
        assert.match(report, /^Complete requests: +2000$/m);
        assert.match(report, /^Failed requests: +0$/m);
        assert.doesNotMatch(report, /Non-2xx/);
      }
      await instance.untilState("all have ended", ({ connections }) => connections === 0);
      const { groups: [{ channels: [one, two] }] } = await instance.state();
      assert.ok(one.total + two.total >= 2020, `${one.total} and ${two.total} connections`);
      assert.ok(Math.abs(one.total - two.total) <= 1, `${one.total} and ${two.total} connections`);
      assert.deepEqual([one.current, two.current, one.failed, two.failed], [0, 0, 0, 0]);
    }),
);

testWith([...needs, installed("wrk")], "wrk sees no error", () =>
  withNginx(async (url) => {
    const report = await runClient("wrk", "-t", "1", "-c", "50", "-d", "1", `${url}/name`);
    assert.match(report, /\d+ requests in /);
    assert.doesNotMatch(report, /Socket errors|Non-2xx/);
  }));
