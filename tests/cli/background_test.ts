import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, endProcess, Instance } from "../support/instance.ts";
import { backgroundNote } from "../support/log_daemon.ts";
import { childrenOf, lookAt, processesWith } from "../support/processes.ts";
import { program, programPath, run, windows } from "../support/program.ts";
import { linux, namespaces, notUnderWine, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { Terminal, terminals } from "../support/terminal.ts";

Deno.test("without -f the program goes to the background in silence, unless there is nowhere to log", async () => {
  await using back = namedBackend("here");
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`]);
  assert.deepEqual(instance.outcome, { code: 0, stdout: "", stderr: backgroundNote });
  assert.deepEqual(await instance.answers(3), ["here", "here", "here"]);
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
});

Deno.test("the port is open by the time the first process has ended", async () => {
  await using back = namedBackend("here");
  for (let i = 0; i < (windows ? 1 : 2); i++) {
    const port = freePort();
    using directory = temporaryDirectory();
    const words = ["-b", "127.0.0.1", "--control-dir", programPath(directory.path), String(port)];
    const outcome = await run([...words, `127.0.0.1:${back.port}`]);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    assert.equal(connection.remoteAddr.port, port);
    assert.equal(outcome.code, 0);
    const { stdout } = await run(["-c", "kill", "--control-dir", programPath(directory.path)]);
    assert.equal(stdout, "shutdown complete, exiting.\n");
    connection.close();
    if (!windows) await noneLeft(directory.path);
  }
});

testWith([linux], "the background process has its own session, directory and descriptors", async () => {
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"]);
  const daemon = lookAt(instance.pid), here = lookAt(Deno.pid);
  assert.equal(daemon.session, instance.pid);
  assert.notEqual(daemon.session, here.session);
  assert.equal(daemon.terminal, 0);
  assert.equal(daemon.directory, "/");
});

testWith(
  [linux, ...terminals],
  "the background process keeps nothing of the terminal it was started from",
  async () => {
    using directory = temporaryDirectory();
    const port = freePort();
    let pid = 0;
    {
      await using terminal = new Terminal([
        "-b",
        "127.0.0.1",
        "--control-dir",
        directory.path,
        String(port),
        "127.0.0.1:1",
      ]);
      assert.equal(await terminal.ended(), 0);
      const screen = terminal.screen.text.replaceAll(/\x1b\[\d*[A-Z]/g, "").replaceAll("\r\n", "\n");
      [pid] = processesWith(directory.path);
      const place = backgroundNote === "" ? /, log: the system log( \(journalctl -t balance\))?/ : "";
      assert.match(screen.replace(place, ""), new RegExp(`balance: serving in the background as process ${pid}\n$`));
      assert.ok(screen.startsWith(backgroundNote), screen);
      const { terminal: number, descriptors } = lookAt(pid);
      assert.equal(number, 0);
      assert.deepEqual(descriptors.filter((target) => /\/(pts|tty)/.test(target)), []);
    }
    // The terminal is gone, the instance is not.
    const outcome = await run(["-c", "version", "--control-dir", directory.path]);
    assert.equal(outcome.code, 0, outcome.stderr);
    await endProcess(pid);
  },
);

testWith([linux, ...terminals], "on a terminal the program says where it logs", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/own.log`, place = ["--control-dir", directory.path];
  const words = [...place, "--log-file", path, "-b", "127.0.0.1", String(freePort()), "127.0.0.1:1"];
  {
    await using terminal = new Terminal(words);
    assert.equal(await terminal.ended(), 0);
    const [pid] = processesWith(directory.path), { text } = terminal.screen;
    assert.ok(text.endsWith(`balance: serving in the background as process ${pid}, log: "${path}"\r\n`), text);
    await endProcess(pid);
  }
  await using terminal = new Terminal(["-f", ...words]);
  await terminal.screen.until(`balance: log: "${path}"\r\n`);
});

Deno.test("the first process reports a port in use, with code 71", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  using directory = temporaryDirectory();
  for (const foreground of [[], ["-f"]]) {
    const words = ["-b", "127.0.0.1", "--control-dir", programPath(directory.path), String(port), "127.0.0.1:1"];
    const outcome = await run([...foreground, ...words]);
    assert.deepEqual(outcome, {
      code: 71,
      stdout: "",
      stderr: `balance: cannot listen on 127.0.0.1:${port}: the port is in use\n`,
    });
  }
  if (!windows) await noneLeft(directory.path);
  assert.deepEqual([...Deno.readDirSync(directory.path)], []);
});

testWith([posix], "--log-format in the background is reported to have no effect", async () => {
  using directory = temporaryDirectory();
  const place = ["--control-dir", directory.path], port = String(freePort());
  const { code, stdout, stderr } = await run([...place, "--log-format", "json", "-b", "127.0.0.1", port]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr.replace(backgroundNote, ""), /^balance: --log-format has no effect [^\n]+\n$/);
  assert.equal((await run([...place, "-c", "kill"])).code, 0);
  await noneLeft(directory.path);
});

testWith([notUnderWine], "the first process reports an unknown host, with code 65", async () => {
  using directory = temporaryDirectory();
  for (const foreground of [[], ["-f"]]) {
    const words = [
      "--control-dir",
      programPath(directory.path),
      String(freePort()),
      "127.0.0.1",
      "no-such-host.invalid",
    ];
    const { code, stdout, stderr } = await run([...foreground, ...words]);
    assert.deepEqual([code, stdout], [65, ""]);
    assert.match(stderr, /^balance: cannot resolve host: "no-such-host\.invalid" [^\n]+\n$/);
  }
  if (!windows) await noneLeft(directory.path);
});

testWith([posix], "the first process reports an unusable control directory, with code 66", async () => {
  using directory = temporaryDirectory();
  Deno.chmodSync(directory.path, 0o755);
  const port = freePort();
  const { code, stdout, stderr } = await run(["--control-dir", directory.path, String(port), "127.0.0.1:1"]);
  assert.deepEqual([code, stdout], [66, ""]);
  assert.match(stderr, /^balance: [^\n]+\n$/);
  await noneLeft(directory.path);
  Deno.listen({ hostname: "0.0.0.0", port }).close();
});

Deno.test("whatever a user puts into the program's internal variable does no harm", async () => {
  for (const value of ["", "garbage\x1b", "999999999999"]) {
    await using instance = await BackgroundInstance.start(["127.0.0.1:1"], { env: { BALANCE_BACKGROUND: value } });
    assert.deepEqual(instance.outcome, { code: 0, stdout: "", stderr: backgroundNote }, JSON.stringify(value));
    if (windows) return;
  }
  await using instance = await Instance.start(["127.0.0.1:1"], { env: { BALANCE_BACKGROUND: "1" } });
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  assert.equal(await instance.ended(), 0);
});

testWith([notUnderWine], "-p in the background is reported to have no effect", async () => {
  await using back = namedBackend("here");
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`], { options: ["-p"] });
  const { code, stdout, stderr } = instance.outcome;
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr.replace(backgroundNote, ""), /^balance: -p [^\n]+\n$/);
  assert.equal(await instance.answer(), "here");
});

Deno.test("a background instance starts from a relative directory and with relative words", async () => {
  using directory = temporaryDirectory();
  Deno.mkdirSync(`${directory.path}/control`, { mode: 0o700 });
  const port = freePort(), words = ["-b", "127.0.0.1", "--control-dir", "control", String(port), "127.0.0.1:1"];
  const started = await run(words, { cwd: directory.path });
  assert.deepEqual(started, { code: 0, stdout: "", stderr: backgroundNote });
  const killed = await run(["-c", "kill", "--control-dir", "control"], { cwd: directory.path });
  assert.deepEqual(killed, { code: 0, stdout: "shutdown complete, exiting.\n", stderr: "" });
  if (!windows) {
    await noneLeftOn(port);
    assert.deepEqual([...Deno.readDirSync(`${directory.path}/control`)], []);
  }
});

testWith(
  [linux, root, namespaces("--pid", "--fork", "--mount-proc")],
  "as process 1 the program stays in the foreground even without -f",
  async () => {
    using directory = temporaryDirectory();
    await using back = namedBackend("here");
    const port = freePort(), words = [...program, "-b", "127.0.0.1", "--control-dir", directory.path, String(port)];
    const child = new Deno.Command("unshare", {
      args: ["--pid", "--fork", "--mount-proc", "--kill-child", ...words, `127.0.0.1:${back.port}`],
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let log = "";
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    ) {
      log += text;
      if (log.includes(" listens on ") && !log.includes("stopp")) {
        const { stdout } = await run(["-c", "show json", "--control-dir", directory.path]);
        assert.equal(JSON.parse(stdout).pid, 1);
        // The kernel drops signals that process 1 does not handle, so it must handle this one.
        for (const pid of childrenOf(child.pid)) Deno.kill(pid, "SIGTERM");
      }
    }
    assert.equal((await child.status).code, 0);
    assert.match(log, /stopped\n$/);
  },
);

/** Waits until no process has `word` in its arguments. */
async function noneLeft(word: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  await eventually(`no process has "${word}" any more`, () => processesWith(word).length === 0);
}

async function noneLeftOn(port: number): Promise<void> {
  await noneLeft(String(port));
}
