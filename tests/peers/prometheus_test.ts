/** Prometheus reads the metrics, and its own tools find nothing wrong with them, nor with the files in `examples`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { namedBackend } from "../support/backends.ts";
import { pause, within } from "../support/eventually.ts";
import { ExternalServer } from "../support/external_server.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { get } from "../support/http.ts";
import { installed, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const promtool = installed("promtool"), prometheus = installed("prometheus");

const examples = new URL("../../examples/", import.meta.url);

/** Runs promtool. @returns what it printed @throws {Error} with that, when it finds something wrong */
async function check(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command("promtool", { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, printed);
  return printed;
}

/** A program that has all kinds of metrics, and where to read them. */
async function measured() {
  const [metrics, port, dead] = [freePort(), freePort(), freePort()], back = namedBackend("here");
  const line =
    `-b 127.0.0.1 --name web --queue 1 --max-per-client 100 --access-dry-run --check tcp --check-interval 0.1`;
  const channels = (rest: string) => [
    `process --metrics ${metrics}`,
    `${line} ${port} 127.0.0.1:${back.port},name=one ${rest}`,
  ];
  const instance = await FileInstance.start(channels(`127.0.0.1:${dead} ! 127.0.0.1:${back.port}:5`));
  return {
    instance,
    metrics,
    port,
    rewrite: (rest: string) => instance.write(channels(rest)),
    async [Symbol.asyncDispose]() {
      await instance[Symbol.asyncDispose]();
      await back[Symbol.asyncDispose]();
    },
  };
}

/** Scrapes until the metrics match. @returns the last answer */
async function scrapedUntil(metrics: number, pattern: RegExp) {
  let answer = await get(metrics, "/metrics");
  while (!pattern.test(answer.body)) answer = await get(metrics, "/metrics");
  return answer;
}

testWith([promtool], "promtool finds nothing wrong with the metrics, and show metrics prints the same", async () => {
  await using world = await measured();
  for (let i = 0; i < 4; i++) assert.equal(await answerOn(world.port), "here");
  // A client's failed connect may take the channel down before its first check, which then fails a little later.
  const failed = /^balance_channel_check_failures_total\{[^}]*channel="1"[^}]*\} [1-9]\d*$/m;
  const { headers, body } = await within(30, "a failed check is counted", scrapedUntil(world.metrics, failed));
  assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(await check(["check", "metrics"], body), "");
  assert.match(body, /^balance_channel_check_duration_seconds\{.*name="one"\} 0\.\d+$/m);
  assert.match(body, /^balance_channel_transitions_total\{[^}]*channel="1"[^}]*\} 1$/m);
  const heads = (text: string) => text.match(/^# .*$/gm)!;
  assert.deepEqual(heads(await world.instance.control("show metrics")), heads(body));
});

testWith([prometheus, linux], "a real Prometheus reads them, and no counter goes back", async () => {
  await using world = await measured();
  using directory = temporaryDirectory();
  const { instance } = world, port = freePort(), config = `${directory.path}/prometheus.yml`;
  await Deno.writeTextFile(
    config,
    (await Deno.readTextFile(new URL("prometheus/prometheus.yml", examples)))
      .replace("127.0.0.1:9101", `127.0.0.1:${world.metrics}`)
      .replace("balance_alerts.yml", fileURLToPath(new URL("prometheus/balance_alerts.yml", examples)))
      .concat("\nglobal: { scrape_interval: 250ms, evaluation_interval: 100ms }\n"),
  );
  await using _ = await ExternalServer.start("prometheus", [
    `--config.file=${config}`,
    `--storage.tsdb.path=${directory.path}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ], port);
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return (await response.json()).data;
  };
  const query = async (text: string) => {
    const { result } = await ask(`query?query=${encodeURIComponent(text)}`);
    return result.map(({ value: [, value] }: { value: [number, string] }) => Number(value));
  };
  const until = async (text: string, wanted: (value: number) => boolean) => {
    const end = performance.now() + 60_000;
    for (let values = await query(text); !values.some(wanted); values = await query(text)) {
      assert.ok(performance.now() < end, `${text} is ${values}`);
      await pause(50);
    }
  };
  for (let i = 0; i < 4; i++) assert.equal(await answerOn(world.port), "here");
  await until('balance_service_ended_total{service="web",end="closed"}', (value) => value === 4);
  await until('balance_group_session_received_bytes_count{group="0"}', (value) => value === 4);
  await until("count(balance_channel_up == 0)", (value) => value === 1);
  // A scrape may take no longer than the interval, in which a busy machine may not answer.
  await until('up{job!=""}', (value) => value === 1);
  const { balance_group_connect_seconds: [head] } = await ask("metadata?metric=balance_group_connect_seconds");
  assert.deepEqual([head.type, head.unit], ["histogram", "seconds"], "it has asked for OpenMetrics");
  await instance.control("reset 0");
  await world.rewrite("");
  await instance.control("reload");
  for (let i = 0; i < 4; i++) assert.equal(await answerOn(world.port), "here");
  await until('balance_service_ended_total{service="web",end="closed"}', (value) => value === 8);
  await until('balance_group_connections_total{group="0"}', (value) => value >= 8);
  const { body } = await get(world.metrics, "/metrics");
  for (const [, name] of body.matchAll(/^# TYPE (balance_\w+) counter$/gm)) {
    assert.deepEqual((await query(`resets(${name}[1m])`)).filter((count: number) => count > 0), [], name);
  }
  await until("sum(balance_group_channels{group='0'})", (value) => value === 1);
});

testWith([promtool], "alerts fire for what they are about", async () => {
  const folder = fileURLToPath(new URL("prometheus/", examples));
  await check(["check", "config", `${folder}prometheus.yml`]);
  await check(["test", "rules", `${folder}balance_alerts_test.yml`]);
  const names = (text: string, key: string) => [...text.matchAll(new RegExp(`${key}: (\\w+)`, "g"))].map(([, n]) => n);
  const alerts = names(await Deno.readTextFile(`${folder}balance_alerts.yml`), "alert");
  const tested = names(await Deno.readTextFile(`${folder}balance_alerts_test.yml`), "alertname");
  assert.deepEqual([...new Set(tested)].sort(), alerts.sort(), "each is tested");
});

testWith(
  [promtool],
  "dashboard and alerts ask for metrics that there are, in words that Prometheus knows",
  async () => {
    await using world = await measured();
    const { body } = await get(world.metrics, "/metrics");
    const families = new Set([...body.matchAll(/^# TYPE (\S+) (\w+)/gm)].flatMap(([, name, type]) => {
      return type === "histogram" ? ["_bucket", "_sum", "_count"].map((ending) => name + ending) : name;
    }));
    // Reasons appear with the first failure.
    families.add("balance_channel_connect_errors_total").add("process_open_fds");
    const dashboard = await Deno.readTextFile(new URL("grafana/balance.json", examples)), expressions: string[] = [];
    JSON.parse(dashboard, (key, value) => {
      if (key === "expr") expressions.push(value);
      return value;
    });
    assert.ok(expressions.length > 20);
    const alerts = await Deno.readTextFile(new URL("prometheus/balance_alerts.yml", examples));
    for (const text of [...expressions, alerts]) {
      for (const [name] of text.matchAll(/\b(?:balance|process)_[a-z_]+(?=[{[ ])/g)) {
        assert.ok(
          families.has(name),
          name,
        );
      }
    }
    using directory = temporaryDirectory();
    const path = `${directory.path}/rules.yml`;
    const rules = expressions.map((text, i) => ({
      record: `rule:${i}`,
      expr: text.replaceAll("$__rate_interval", "1m"),
    }));
    await Deno.writeTextFile(path, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    assert.match(await check(["check", "rules", path]), new RegExp(`${rules.length} rules found`));
  },
);
