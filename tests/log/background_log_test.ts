/** The log of an instance in the background, whatever the log daemon does. */
import assert from "node:assert/strict";
import { entryPath } from "../../src/control/entries.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { CollectedText } from "../support/collected_text.ts";
import { eventually, within } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, endProcess } from "../support/instance.ts";
import { LogDaemon, queueLength } from "../support/log_daemon.ts";
import { processesWith, runs } from "../support/processes.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { installed, linux, namespaces, posix, root, testWith } from "../support/requirements.ts";
import { run } from "../support/program.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { Terminal, terminals } from "../support/terminal.ts";
import { exists } from "../support/exists.ts";

const needs = [linux, root, namespaces("--mount")];

/** Words that start a program with a /dev of its own, in which /dev/log leads to `path`. */
function withSystemLog(path: string): string[] {
  const script = `mount -t tmpfs none /dev || exit 1
    mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/random c 1 8
    mknod -m 666 /dev/urandom c 1 9; mknod -m 666 /dev/tty c 5 0; mkdir -m 1777 /dev/shm
    ln -s "$0" /dev/log; exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, path];
}

/** Sends commands that change something, and so are logged, and reads all replies. */
async function change(instance: BackgroundInstance, times: number): Promise<void> {
  const path = entryPath(instance.directory.path, "127.0.0.1", instance.port);
  using session = await Deno.connect({ transport: "unix", path });
  const replies = new CollectedText(session.readable);
  await new Blob(["maxc 0 0\n".repeat(times), "quit\n"]).stream().pipeTo(session.writable, {
    preventClose: true,
  });
  await within(60, "wait for the replies", replies.ended);
  assert.equal(replies.text.split("maxc of channel 0 changed to 0\n").length - 1, times);
}

async function log(instance: BackgroundInstance) {
  return (await instance.state() as unknown as { log: { target: string; problem: string | null; lost: number } }).log;
}

testWith(needs, "events go to the system log, facility daemon, with their severities", async () => {
  using directory = temporaryDirectory();
  using dead = await RefusingPort.take();
  using daemon = new LogDaemon(`${directory.path}/log`);
  const options = { options: ["-a"], before: withSystemLog(daemon.path) };
  await using instance = await BackgroundInstance.start([`127.0.0.1:${dead.port}`], options);
  assert.equal(await instance.answer(), "");
  await instance.control("enable 0");
  await instance.control("kill");
  const log = await daemon.until(/\]: stopped$/);
  // Priority: facility daemon (3) times 8, plus the severity (RFC 3164).
  const records = log.map((line) => /^<(\d+)>\w{3} [\d ]\d \d\d:\d\d:\d\d balance\[(\d+)\]: (.*)$/.exec(line)!);
  assert.deepEqual([...new Set(records.map(([, , id]) => id))], [String(instance.pid)]);
  const priority = (text: RegExp) => Number(records.find(([, , , message]) => text.test(message))?.[1]);
  assert.equal(priority(/^balance \S+ listens on 127\.0\.0\.1:\d+/), 3 * 8 + 6);
  assert.equal(priority(/^group 0 channel 0 .* is failing: /), 3 * 8 + 4);
  assert.equal(priority(/^group 0 channel 0 .*an operator must enable it again/), 3 * 8 + 3);
  assert.equal(priority(/^control: enable 0/), 3 * 8 + 6);
  assert.equal(priority(/^stopped/), 3 * 8 + 6);
});

for (const engine of [["portable"], ["linux", "--threads", "1"], ["linux", "--threads", "3"]]) {
  testWith(needs, `a system log that nobody reads holds up nothing, ${engine.join(" ")}`, async () => {
    using directory = temporaryDirectory();
    await using back = echoBackend();
    using daemon = new LogDaemon(`${directory.path}/log`);
    await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`], {
      options: ["-d", "--engine", ...engine],
      before: withSystemLog(daemon.path),
    });
    assert.equal(instance.outcome.stderr, "");
    using early = await instance.client();
    await change(instance, queueLength() + 50);
    assert.deepEqual(await log(instance), {
      target: "syslog",
      problem: "the reader of /dev/log is too slow",
      lost: 0,
    });
    await instance.control("maxc 0 0");
    for (const client of [early, await instance.client()]) {
      await client.send("still here");
      assert.equal(new TextDecoder().decode(await client.readExactly(10)), "still here");
      client[Symbol.dispose]();
    }
    await change(instance, queueLength() + 50);
    Deno.kill(instance.pid, "SIGTERM");
    await gone(instance.pid);
  });
}

testWith(needs, "what the system log did not take in time is counted and said", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`);
  const options = { before: withSystemLog(daemon.path) };
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"], options);
  // More than the program keeps for a slow reader.
  await change(instance, 3_500);
  assert.ok((await log(instance)).lost > 0);
  await daemon.until(/ \d+ lines? lost: the system log did not take them$/);
  assert.equal((await log(instance)).problem, null);
});

testWith(needs, "kill ends an instance whose system log nobody reads", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`);
  const options = { before: withSystemLog(daemon.path) };
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"], options);
  await change(instance, queueLength() + 50);
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  await gone(instance.pid);
});

testWith(needs, "a log daemon that starts again has the lines that come then, and those of the meantime", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/log`, options = { before: withSystemLog(path) };
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"], options);
  assert.equal(
    instance.outcome.stderr,
    "balance: the log is not written: there is no /dev/log; --log-file FILE writes one\n",
  );
  assert.deepEqual(await log(instance), { target: "syslog", problem: "there is no /dev/log", lost: 0 });
  {
    using daemon = new LogDaemon(path);
    const [first] = await daemon.until(/ listens on /);
    assert.match(
      first,
      new RegExp(`^<30>\\w{3} [ \\d]\\d [\\d:]{8} balance\\[${instance.pid}\\]: balance \\S+ listens on`),
    );
    assert.equal((await log(instance)).problem, null);
  }
  await instance.control("disable 0");
  assert.equal((await log(instance)).problem, "nobody listens on /dev/log");
  using daemon = new LogDaemon(path);
  await instance.control("enable 0");
  assert.deepEqual(
    (await daemon.until(/enable 0/)).map((line) => line.replace(/^.*?\]: /, "")),
    ["control: disable 0 (group 0): channel 0 disabled", "control: enable 0 (group 0): channel 0 enabled"],
  );
});

testWith([...needs, ...terminals], "an operator on a terminal is told that the log is not written", async () => {
  using directory = temporaryDirectory();
  const options = { before: withSystemLog(`${directory.path}/log`) };
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"], options);
  {
    const words = ["-i", "--control-dir", instance.directory.path, String(instance.port)];
    await using terminal = new Terminal(words, { XDG_STATE_HOME: directory.path });
    await terminal.screen.until("The log is not written: there is no /dev/log.\r\n");
  }
  assert.deepEqual(await instance.dialogue("disable 0"), ["channel 0 disabled\n"]);
});

testWith([posix], "--log-file works in the background, in any form, and SIGUSR1 opens it again", async () => {
  using directory = temporaryDirectory();
  const port = freePort(), place = ["--control-dir", directory.path];
  const words = ["--log-file", "balance.log", "--log-format", "json", "-b", "127.0.0.1", String(port), "127.0.0.1:1"];
  // A relative path is one of the directory it was given in, which the instance leaves.
  const started = await run([...place, ...words], { cwd: directory.path });
  assert.deepEqual(started, { code: 0, stdout: "", stderr: "" });
  const control = async (command: string) => (await run([...place, "-c", command])).stdout;
  const { pid, log } = JSON.parse(await control("show json")), path = `${directory.path}/balance.log`;
  try {
    assert.deepEqual([log.problem, Deno.realPathSync(log.target)], [null, Deno.realPathSync(path)]);
    assert.equal(Deno.statSync(path).mode! & 0o777 & ~0o640, 0);
    assert.match(JSON.parse(Deno.readTextFileSync(path)).message, / listens on /);
    Deno.renameSync(path, `${path}.1`);
    await control("disable 0");
    Deno.kill(pid, "SIGUSR1");
    await eventually("there is a new log file", () => exists(path));
    await control("enable 0");
    await eventually("the new file has the line", () => /enable 0/.test(Deno.readTextFileSync(path)));
    assert.match(Deno.readTextFileSync(`${path}.1`), /disable 0/);
    assert.doesNotMatch(Deno.readTextFileSync(path), /disable 0/);
    // One that cannot be opened again: the old one is kept, and says so.
    Deno.renameSync(path, `${path}.2`);
    Deno.mkdirSync(path);
    Deno.kill(pid, "SIGUSR1");
    await eventually(
      "the old file says why",
      () => / Is a directory; going on in the old one|\(os error/.test(Deno.readTextFileSync(`${path}.2`)),
    );
    assert.equal(await control("kill"), "shutdown complete, exiting.\n");
    await gone(pid);
    assert.match(Deno.readTextFileSync(`${path}.2`), /"message":"stopped"/);
  } finally {
    for (const left of processesWith(directory.path)) await endProcess(left);
  }
});

testWith([posix], "a log file that cannot be opened is told by the first process, with code 71", async () => {
  using directory = temporaryDirectory();
  for (
    const [file, why] of [
      [`${directory.path}/none/x.log`, "No such file or directory"],
      [directory.path, "Is a directory"],
    ]
  ) {
    for (const foreground of [[], ["-f"]]) {
      const words = ["--control-dir", directory.path, "--log-file", file, "-b", "127.0.0.1", String(freePort())];
      assert.deepEqual(await run([...foreground, ...words]), {
        code: 71,
        stdout: "",
        stderr: `balance: cannot open log file "${file}": ${why}\n`,
      });
    }
  }
  assert.equal((await run(["--log-file", "", "8080"])).code, 64);
});

testWith([posix], "a background instance cannot log to a stream of the program that starts it", async () => {
  using directory = temporaryDirectory();
  const link = `${directory.path}/link`, words = ["--control-dir", directory.path, "-b", "127.0.0.1"];
  Deno.symlinkSync("/dev/stdout", link);
  for (const file of ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2", link]) {
    assert.deepEqual(await run([...words, "--log-file", file, String(freePort()), "127.0.0.1:1"]), {
      code: 64,
      stdout: "",
      stderr: `balance: option --log-file: "${file}" is a stream of this process, ` +
        "which the background process does not have; add -f\n",
    });
  }
});

testWith(
  [linux, ...terminals],
  "a log file that takes nothing is told before the program leaves the terminal",
  async () => {
    using directory = temporaryDirectory();
    const place = ["--control-dir", directory.path];
    const words = ["--log-file", "/dev/full", "-b", "127.0.0.1", String(freePort()), "127.0.0.1:1"];
    try {
      assert.deepEqual(await run([...place, ...words]), {
        code: 0,
        stdout: "",
        stderr: "balance: the log is not written: No space left on device\n",
      });
      assert.doesNotMatch((await run([...place, "-c", "show"])).stdout, /log/, "programs read what they always have");
      await using terminal = new Terminal([...place, "-c", "show"]);
      await terminal.screen.until(/the log is not written: No space left on device/);
    } finally {
      for (const left of processesWith(directory.path)) await endProcess(left);
    }
  },
);

testWith([posix, installed("mkfifo")], "a log file that is a pipe which nobody reads holds up nothing", async () => {
  using directory = temporaryDirectory();
  const pipe = `${directory.path}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await using back = namedBackend("here");
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`], { options: ["--log-file", pipe] });
  // More than a pipe holds.
  await change(instance, 2_000);
  assert.equal(await instance.answer(), "here");
  const reader = await Deno.open(pipe);
  try {
    const text = new Uint8Array(1000);
    assert.match(new TextDecoder().decode(text.subarray(0, (await reader.read(text))!)), / listens on /);
  } finally {
    reader.close();
  }
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  await gone(instance.pid);
});

testWith([posix], "SIGUSR1 is harmless where there is no log file", async () => {
  await using back = namedBackend("here");
  await using instance = await BackgroundInstance.start([`127.0.0.1:${back.port}`]);
  for (let i = 0; i < 3; i++) Deno.kill(instance.pid, "SIGUSR1");
  assert.equal(await instance.answer(), "here");
});

async function gone(pid: number): Promise<void> {
  await eventually("the process has ended", () => !runs(pid));
}
