/** What a process shows over HTTP: where it listens, whom it answers, and what becomes of that while it runs. */
import assert from "node:assert/strict";
import { MOST_CONNECTIONS } from "../../src/views/http/http_server.ts";
import { namedBackend } from "../support/backends.ts";
import { eventually, pause } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { ask, connectTo, get } from "../support/http.ts";
import { Instance } from "../support/instance.ts";
import { runs } from "../support/processes.ts";
import { run } from "../support/program.ts";
import { ProgramCopy } from "../support/program_copy.ts";
import { installed, linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

testWith(
  [],
  "/healthz says that the process runs, /readyz whether clients get a channel, as --health does",
  async () => {
    await using back = namedBackend("here");
    const port = freePort();
    await using instance = await Instance.start([`127.0.0.1:${back.port}`, "!", `127.0.0.1:${back.port}`], {
      options: ["--metrics", String(port)],
    });
    const ready = async (query = "") => {
      const { status, body } = await get(port, `/readyz${query}`);
      return [status, body.trim()];
    };
    assert.equal((await get(port, "/healthz")).body, "ok\n");
    assert.deepEqual(await ready(), [200, "good"]);
    await instance.control("disable 0");
    assert.deepEqual(await ready(), [200, "good"]);
    const name = instance.port;
    assert.deepEqual(await ready("?group=0"), [503, `bad: service "${name}": no channel of group 0 is usable`]);
    assert.deepEqual(await ready(`?service=${name}&group=1`), [200, "good"]);
    assert.deepEqual(await ready("?service=other"), [404, 'bad: there is no service "other"']);
    assert.deepEqual(await ready("?group=32"), [400, 'bad: there is no group "32"']);
    await instance.dialogue("group 1", "disable 0");
    assert.deepEqual(await ready(), [503, `bad: service "${name}": no channel is usable`]);
    assert.equal((await get(port, "/healthz")).status, 200);
  },
);

testWith([posix], "with --grace, /readyz is bad before the program stops", async () => {
  await using back = namedBackend("here");
  const port = freePort();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
    options: ["--metrics", String(port), "--grace", "100"],
  });
  instance.signal("SIGTERM");
  await instance.logged(/stopping in 100 s/);
  const { status, body } = await get(port, "/readyz");
  assert.deepEqual([status, body, await instance.answer()], [503, "bad: about to stop\n", "here"]);
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
});

testWith([posix], "a server on loopback answers only to loopback's names, and refuses what is malformed", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", String(port)] });
  const status = async (text: string) => (await ask(port, text)).status;
  assert.equal(await status("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 421);
  assert.equal(await status("GET /nothing HTTP/1.0\r\n\r\n"), 404);
  assert.equal(await status("POST /healthz HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"), 405);
  assert.equal(await status("\x16\x03\x01\r\n\r\n"), 400);
  assert.equal(await status(`GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n\r\n`), 431);
  const { headers, body } = await ask(port, "HEAD /healthz HTTP/1.0\r\n\r\n");
  assert.deepEqual([headers.get("content-length"), body], ["3", ""]);
});

testWith([posix], "several requests may follow each other on one connection", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", String(port)] });
  const one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const { body } = await ask(port, one + one + last);
  assert.deepEqual(`${body}`.match(/^ok$/gm)?.length, 3);
});

testWith([posix], "when there are too many connections, one that asks for nothing gives way", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", String(port)] });
  const crowd: Deno.Conn[] = [];
  try {
    for (let i = 0; i < MOST_CONNECTIONS; i++) crowd.push(await connectTo(port));
    assert.equal((await get(port, "/healthz")).status, 200);
    assert.equal(await crowd[0].read(new Uint8Array(1)), null, "the first one is closed");
  } finally {
    for (const one of crowd) one.close();
  }
});

testWith(
  [linux, installed("prlimit")],
  "where descriptors are few, those who look on leave them to others",
  async () => {
    const port = freePort();
    await using instance = await Instance.start(["127.0.0.1:1"], {
      before: ["prlimit", "--nofile=128:128"],
      options: ["--metrics", String(port), "--threads", "1"],
    });
    const crowd: Deno.Conn[] = [];
    try {
      for (let i = 0; i < 100; i++) crowd.push(await connectTo(port));
      assert.equal((await get(port, "/healthz")).status, 200);
      assert.match(await instance.control("health"), /^good/);
    } finally {
      for (const one of crowd) one.close();
    }
  },
);

testWith([posix], "a Unix socket is for its owner and group, and that of a dead process is replaced", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/metrics.sock`;
  await using instance = await FileInstance.start([`process --metrics ${path}`, `${freePort()} 127.0.0.1:1`]);
  await instance.stderr.until(`metrics: ${path}, path /metrics\n`);
  assert.equal(Deno.statSync(path).mode! & 0o777, 0o660);
  assert.equal((await get(path, "/healthz", "Host: whatever\r\n")).status, 200);
  const second = ["-f", "--control-dir", instance.directory, "--metrics", path, String(freePort()), "127.0.0.1:1"];
  const { code, stderr } = await run(second);
  assert.deepEqual([code, stderr.split("\n").at(-2)], [
    71,
    `balance: cannot listen on ${path} for --metrics: another process answers there`,
  ]);
  Deno.kill(instance.pid, "SIGKILL");
  await eventually("it has died", () => !runs(instance.pid));
  await using next = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", path] });
  assert.equal((await get(path, "/healthz")).status, 200);
  await next.control("kill");
  await next.ended();
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
});

testWith([posix], "a port that is taken ends the start, and leaves a reload without effect", async () => {
  const [port, free, taken] = [freePort(), freePort(), freePort()];
  using _ = Deno.listen({ hostname: "127.0.0.1", port: taken });
  const { code, stderr } = await run(["-f", "--metrics", String(taken), String(port), "127.0.0.1:1"]);
  const reason = `cannot listen on 127.0.0.1:${taken} for --metrics: it is in use`;
  assert.deepEqual([code, stderr.split("\n").at(-2)], [71, `balance: ${reason}`]);
  await using instance = await FileInstance.start([`process --metrics ${free}`, `--name a ${port} 127.0.0.1:1`]);
  await instance.write([`process --metrics ${taken}`, `--name b ${port} 127.0.0.1:1`]);
  assert.equal(await instance.control("reload"), `${reason}\n`);
  assert.equal((await get(free, "/readyz?service=a")).status, 200);
});

testWith(
  [posix],
  "a reload opens, moves and closes the place, and other services are none of its business",
  async () => {
    const [port, first, second] = [freePort(), freePort(), freePort()], service = `--name web ${port} 127.0.0.1:1`;
    await using instance = await FileInstance.start([service]);
    const answers = async (place: number) => await get(place, "/healthz").then(({ status }) => status, () => undefined);
    await instance.write([`process --metrics ${first}`, service]);
    assert.equal(await instance.control("reload --dry-run"), `process: metrics not given → ${first}\n`);
    assert.equal(await answers(first), undefined);
    await instance.control("reload");
    assert.equal(await answers(first), 200);
    await instance.write([`process --metrics localhost:${second}`, service]);
    await instance.control("reload");
    assert.deepEqual([await answers(first), await answers(second)], [undefined, 200]);
    // The same place in other words stays open.
    using kept = await connectTo(second);
    await instance.write([`process --metrics 127.0.0.1:${second}`, service]);
    await instance.control("reload");
    await kept.write(new TextEncoder().encode("GET /healthz HTTP/1.0\r\n\r\n"));
    assert.match(await new Response(kept.readable).text(), /^HTTP\/1\.1 200 /);
    await instance.write([service]);
    await instance.control("reload");
    assert.equal(await answers(second), undefined);
  },
);

testWith([posix], "a reload moves the place to all addresses on the same port, or leaves it where it is", async () => {
  const [port, taken] = [freePort(), freePort()], service = `--name web ${freePort()} 127.0.0.1:1`;
  using _ = Deno.listen({ hostname: "127.0.0.1", port: taken });
  await using instance = await FileInstance.start([`process --metrics ${port}`, service]);
  await instance.write([`process --metrics 0.0.0.0:${port} --web ${taken}`, service]);
  assert.equal(await instance.control("reload"), `cannot listen on 127.0.0.1:${taken} for --web: it is in use\n`);
  // Names of other hosts are refused on loopback only.
  const status = async () => (await get(port, "/healthz", "Host: a.example\r\n")).status;
  while (!await get(port, "/healthz").then(() => true, () => false)) await pause(5);
  assert.equal(await status(), 421);
  await instance.write([`process --metrics 0.0.0.0:${port}`, service]);
  assert.equal(await instance.control("reload"), `process: metrics ${port} → 0.0.0.0:${port}\n`);
  assert.equal(await status(), 200);
  await instance.write([`process --metrics ${port}`, service]);
  await instance.control("reload");
  assert.equal(await status(), 421);
});

testWith([linux], "an upgrade hands the place over, and one that fails at the last moment keeps it", async () => {
  using copy = new ProgramCopy();
  const port = freePort();
  await using world = await upgradable(["127.0.0.1:1"], {
    before: copy.before,
    options: ["--metrics", String(port)],
  });
  const { instance } = world, kept = await connectTo(port);
  try {
    copy.write("src/program/publish.ts", 'export function publish() { throw new Error("not today"); }\n');
    assert.match(await instance.control("upgrade"), /^cannot upgrade: /);
    // The old process opens it again.
    while (!await get(port, "/healthz").then(() => true, () => false)) await pause(5);
    copy.restore("src/program/publish.ts");
    await upgrade(instance);
    assert.equal((await get(port, "/healthz")).status, 200);
    assert.equal(await kept.read(new Uint8Array(1)), null, "the old process keeps no connection");
  } finally {
    kept.close();
  }
});
