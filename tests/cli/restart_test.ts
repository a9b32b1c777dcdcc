/** What a crash leaves behind, and what a second instance must leave alone. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { BackgroundInstance, endProcess, Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { program, programPath, run, windows } from "../support/program.ts";
import { namespaces, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("after SIGKILL the port is free and the socket can be reclaimed", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  const channels = [`127.0.0.1:${back.port}`];
  await using first = await Instance.start(channels, { directory });
  await first.answer();
  first.signal("SIGKILL");
  await first.ended();
  assert.equal([...Deno.readDirSync(directory.path)].length, 1, "the socket of the dead instance is still there");
  const { code, stderr } = await first.run(["-c", "show"]);
  assert.deepEqual([code, stderr], [69, nobodyThere(directory, `no service on port ${first.port}`)]);
  await using second = await Instance.start(channels, { directory, port: first.port });
  assert.equal(await second.answer(), "here");
  assert.equal(await second.control("disable 0"), "channel 0 disabled\n");
  assert.equal([...Deno.readDirSync(directory.path)].length, 1);
});

testWith([posix], "a killed background instance can start again at once", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  const channels = [`127.0.0.1:${back.port}`];
  await using first = await BackgroundInstance.start(channels, { directory });
  await endProcess(first.pid);
  await using second = await BackgroundInstance.start(channels, { directory, port: first.port });
  assert.equal(await second.answer(), "here");
  assert.notEqual(second.pid, first.pid);
});

Deno.test("a second instance on the same port ends with 71 and leaves the first one alone", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  await using first = await Instance.start([`127.0.0.1:${back.port}`], { directory });
  const words = ["-b", "127.0.0.1", "--control-dir", programPath(directory.path), String(first.port), "127.0.0.1:1"];
  for (const foreground of [[], ["-f"]]) {
    const { code, stderr } = await run([...foreground, ...words]);
    assert.deepEqual([code, stderr], [71, `balance: cannot listen on 127.0.0.1:${first.port}: the port is in use\n`]);
  }
  assert.equal(await first.control("disable 0"), "channel 0 disabled\n");
  assert.equal(await first.control("enable 0"), "channel 0 enabled\n");
  assert.equal(await first.answer(), "here");
});

testWith(
  [posix, root, namespaces("--net")],
  "a live socket is never reclaimed, even if the port is free",
  async () => {
    using directory = temporaryDirectory();
    await using first = await Instance.start(["127.0.0.1:1"], { directory });
    // Another network has the same port free, and shares the directory.
    const start = `ip link set lo up && exec "$@"`;
    const words = [...program, "-b", "127.0.0.1", "--control-dir", directory.path, String(first.port), "127.0.0.1:1"];
    for (const foreground of [[], ["-f"]]) {
      const { code, stderr } = await new Deno.Command("unshare", {
        args: ["--net", "sh", "-c", start, "sh", ...words, ...foreground],
        env: { NO_COLOR: "1" },
      }).output();
      const message = new TextDecoder().decode(stderr);
      assert.equal(code, 66, message);
      assert.match(message, /^(.*\n)*balance: cannot open control socket: an instance answers on [^\n]+\n$/);
    }
    assert.equal(await first.control("disable 0"), "channel 0 disabled\n");
  },
);

testWith([posix], "a file in place of the socket is not removed", async () => {
  using directory = temporaryDirectory();
  await using first = await Instance.start([], { directory });
  const path = `${directory.path}/${first.port}@127.0.0.1.sock`;
  first.signal("SIGKILL");
  await first.ended();
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "precious\n");
  const words = ["-f", "-b", "127.0.0.1", "--control-dir", directory.path, String(first.port)];
  const { code, stderr } = await run(words);
  assert.equal(code, 66);
  assert.match(stderr, /^(.*\n)*balance: cannot open control socket: [^\n]+\n$/);
  assert.equal(Deno.readTextFileSync(path), "precious\n");
});

Deno.test("of several instances that start at the same moment on one port, one serves", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  // A port that has a stale socket, so that they all want to reclaim it.
  await using dead = await Instance.start([], { directory });
  dead.signal("SIGKILL");
  await dead.ended();
  const words = ["-b", "127.0.0.1", "--control-dir", programPath(directory.path), String(dead.port)];
  const outcomes = await Promise.all(
    Array.from({ length: windows ? 2 : 5 }, () => run([...words, `127.0.0.1:${back.port}`])),
  );
  assert.deepEqual(outcomes.map(({ code }) => code).sort(), [0, ...outcomes.slice(1).map(() => 71)]);
  assert.equal(await dead.answer(), "here");
  assert.equal(await dead.control("kill"), "shutdown complete, exiting.\n");
});
