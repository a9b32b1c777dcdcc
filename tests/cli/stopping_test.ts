/** Signals and the command `kill`: what happens to the port, to connections and to the program. */
import assert from "node:assert/strict";
import { digestBackend, echoBackend, namedBackend, sendingBackend } from "../support/backends.ts";
import { echo, established } from "../support/echoed.ts";
import { within } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { installed, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** More than all the sockets can hold, so that a transfer is in progress while nobody reads. */
const LARGE = 20 * 1024 * 1024;

/** Longer than any test may take: if a program ends before, nothing waited for this. */
const FOREVER = ["--drain-timeout", "3600"];

async function assertPortIsFree(port: number): Promise<void> {
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }).then((connection) => connection.close()));
  Deno.listen({ hostname: "127.0.0.1", port }).close();
}

testWith([posix], "SIGTERM frees the port and lets transfers in progress finish, byte for byte", async () => {
  await using down = sendingBackend(LARGE);
  await using up = digestBackend();
  await using instance = await Instance.start([`127.0.0.1:${down.port}`, `127.0.0.1:${up.port}`], { options: FOREVER });
  using reader = await instance.client();
  await reader.readExactly(1000);
  using writer = await instance.client();
  const bytes = pattern(LARGE, 7);
  await writer.send(bytes.subarray(0, LARGE / 2));
  instance.signal("SIGTERM");
  await instance.logged(/stopping, 2 connections left/);
  await assertPortIsFree(instance.port);
  const { length, end } = await reader.readToEnd();
  assert.deepEqual({ length, end }, { length: LARGE - 1000, end: "end-of-stream" });
  await writer.send(bytes.subarray(LARGE / 2));
  await writer.finish();
  assert.deepEqual(JSON.parse(await writer.readAllText()), digestOf(bytes));
  await reader.finish();
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /stopped\n$/);
});

testWith([posix], "a download across SIGTERM arrives unchanged", async () => {
  await using back = sendingBackend(LARGE);
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: FOREVER });
  using reader = await instance.client();
  await instance.untilState("it is being served", ({ groups: [{ channels: [{ current }] }] }) => current === 1);
  instance.signal("SIGTERM");
  await instance.logged(/stopping/);
  const { end, ...digest } = await reader.readToEnd();
  await reader.finish();
  assert.equal(end, "end-of-stream");
  assert.deepEqual(digest, digestOf(pattern(LARGE)));
  assert.equal(await instance.ended(), 0);
});

testWith([posix], "SIGTERM with no connection ends the program at once", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"], { options: FOREVER });
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.deepEqual([...Deno.readDirSync(instance.directory.path)], [], "the control socket is removed");
});

testWith([posix], "the drain timeout ends connections that do not end on their own", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--drain-timeout", "0.2"] });
  using client = await established(instance);
  instance.signal("SIGTERM");
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /stopped, 1 connection was cut\n$/);
});

for (const [first, second] of [["SIGTERM", "SIGTERM"], ["SIGTERM", "SIGINT"], ["SIGINT", undefined]] as const) {
  const name = second === undefined ? `${first} ends` : `${second} after ${first} ends`;
  testWith([posix], `${name} everything at once`, async () => {
    await using back = echoBackend();
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: FOREVER });
    using client = await established(instance);
    instance.signal(first);
    if (second !== undefined) {
      await instance.logged(/stopping, 1 connection left/);
      await echo(client, "still here");
      instance.signal(second);
    }
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(await instance.ended(), 0);
    assert.match(instance.stderr.text, /stopped, 1 connection was cut\n$/);
  });
}

Deno.test("kill frees the port at once while a connection continues", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: FOREVER });
  using client = await established(instance);
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  await assertPortIsFree(instance.port);
  await echo(client, "still here");
  const { code, stderr } = await instance.run(["-c", "show"]);
  assert.deepEqual([code, stderr], [69, nobodyThere(instance.directory, `no service on port ${instance.port}`)]);
  await client.finish();
  assert.equal((await client.readToEnd()).end, "end-of-stream");
  assert.equal(await instance.ended(), 0);
});

Deno.test("kill also has a drain timeout", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--drain-timeout", "0"] });
  using client = await established(instance);
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal(await instance.ended(), 0);
});

Deno.test("a new instance takes over the port while the old one drains", async () => {
  using directory = temporaryDirectory();
  await using old = echoBackend();
  await using young = namedBackend("new");
  await using first = await Instance.start([`127.0.0.1:${old.port}`], { directory, options: FOREVER });
  using client = await established(first);
  await first.control("kill");
  await using second = await Instance.start([`127.0.0.1:${young.port}`], { directory, port: first.port });
  assert.equal(await second.answer(), "new");
  await echo(client, "still here");
  assert.equal(await second.control("disable 0"), "channel 0 disabled\n");
  await client.finish();
  await client.readToEnd();
  assert.equal(await first.ended(), 0);
  // The old one must not remove the new one's control socket when it ends.
  assert.equal(await second.control("enable 0"), "channel 0 enabled\n");
  assert.equal(await second.answer(), "new");
});

testWith([posix], "after kill, a control session ends with the instance at the latest", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: FOREVER });
  using client = await established(instance);
  const path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`;
  using session = await Deno.connect({ transport: "unix", path });
  const buffer = new Uint8Array(4096);
  await session.read(buffer);
  await instance.control("kill");
  await session.write(new TextEncoder().encode("disable 0\n"));
  const length = await session.read(buffer);
  assert.equal(new TextDecoder().decode(buffer.subarray(0, length!)), "ok 1 0\nchannel 0 disabled\n");
  await client.finish();
  await client.readToEnd();
  assert.equal(await within(30, "wait for the end of the session", session.read(buffer)), null);
  assert.equal(await instance.ended(), 0);
});

for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT"] as const) {
  testWith([posix], `a ${signal} that is ignored at the start stays ignored, and SIGTERM ends it`, async () => {
    await using back = namedBackend("here");
    const before = ["sh", "-c", `trap "" ${signal.slice(3)} TERM; exec "$@"`, "sh"];
    await using instance = await Instance.start([`127.0.0.1:${back.port}`], { before });
    instance.signal(signal);
    assert.equal(await instance.answer(), "here");
    instance.signal(signal);
    assert.equal(await instance.control("version").then((text) => text.includes("MAXGROUPS")), true);
    assert.doesNotMatch(instance.stderr.text, /stopping/);
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
  });
}

testWith([posix, installed("nohup")], "with nohup the program survives the end of the terminal", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { before: ["nohup"] });
  instance.signal("SIGHUP");
  assert.equal(await instance.answer(), "here");
  instance.signal("SIGINT");
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /stopped[^\n]*\n$/);
});

testWith([posix], "both ways to find out which signals are ignored agree", async () => {
  const module = new URL("../../src/process/ignored_signals.ts", import.meta.url).href;
  const code = `const { ignoredByLibc, ignoredByProc } = await import(${JSON.stringify(module)});
    console.log([1, 2, 15].flatMap((signal) => [ignoredByLibc(signal), ignoredByProc(signal)]).join(" "));`;
  for (const [trapped, expected] of [["HUP", [true, false]], ["INT", [false, true]]] as const) {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `trap "" ${trapped}; exec "$0" eval "$1"`, Deno.execPath(), code],
      env: { NO_COLOR: "1" },
    }).output();
    const told = new TextDecoder().decode(stdout).trim().split(" ");
    // There is no /proc on macOS.
    assert.deepEqual(
      told.filter((_, i) => i % 2 === 0 || Deno.build.os === "linux"),
      [...expected, false].flatMap((one) => Deno.build.os === "linux" ? [`${one}`, `${one}`] : [`${one}`]),
    );
  }
});

testWith([posix], "other signals do no harm", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`]);
  for (const signal of ["SIGPIPE", "SIGCHLD", "SIGWINCH", "SIGCONT"] as const) instance.signal(signal);
  assert.equal(await instance.answer(), "here");
});

testWith([posix], "signals at the very last moment do not change the exit code", async () => {
  await using back = namedBackend("here");
  for (let round = 0; round < 5; round++) {
    await using instance = await Instance.start([`127.0.0.1:${back.port}`]);
    // Every hundred microseconds or so, until there is no such process.
    const script = `while kill -TERM ${instance.pid} && kill -HUP ${instance.pid}; do :; done`;
    const hammer = new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).spawn();
    const code = await instance.ended();
    await hammer.status;
    assert.equal(code, 0);
  }
});
