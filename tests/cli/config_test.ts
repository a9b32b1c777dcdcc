/** A process with a file of services. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { endProcess } from "../support/instance.ts";
import { programPath, run } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: a file's services are all served, each by its name`,
    async () => {
      await using one = namedBackend("one");
      await using two = namedBackend("two");
      const port = freePorts(3);
      await using instance = await FileInstance.start([
        "# two services",
        "process --engine portable",
        "defaults -b 127.0.0.1",
        `balance --name web ${port},${port + 1} 127.0.0.1:${one.port}`,
        `${port + 2} 127.0.0.1:${two.port}`,
      ], ["--engine", engine]);
      assert.deepEqual([await answerOn(port), await answerOn(port + 1), await answerOn(port + 2)], [
        "one",
        "one",
        "two",
      ]);
      const state = JSON.parse(await instance.control("show json"));
      assert.deepEqual(
        [state.engine, state.config],
        [engine, programPath(instance.file)],
        "the command line's options win",
      );
      assert.deepEqual(state.services.map(({ name }: { name: string }) => name), ["web", String(port + 2)]);
      await instance.control("disable 0", "web");
      assert.equal(await answerOn(port), "");
      assert.match(
        await instance.logged(/closing clients/),
        / web: closing clients that no channel takes: 1 channel, 1 dis/,
      );
      assert.equal(await answerOn(port + 2), "two");
      await instance.control("kill");
      assert.equal(await instance.ended(), 0);
    },
  );
}

Deno.test("a host of a file that does not resolve keeps nobody from being served", async () => {
  await using back = namedBackend("here");
  const port = freePorts(2);
  await using instance = await FileInstance.start([
    `-b 127.0.0.1 --name web ${port} nowhere.invalid:1 127.0.0.1:${back.port}`,
    `-b 127.0.0.1 --name mail ${port + 1} 127.0.0.1:${back.port}`,
  ]);
  assert.match(await instance.logged(/waits/), / web: group 0 channel 0 waits: "nowhere.invalid" does not resolve/);
  assert.deepEqual([await answerOn(port), await answerOn(port + 1)], ["here", "here"]);
  assert.match(await instance.control("show", "web"), / 0 dis +unresolved /);
});

Deno.test("a file that cannot be served is an error, and nothing is started", async () => {
  const port = freePorts(2);
  using taken = Deno.listen({ hostname: "127.0.0.1", port });
  const wrong: [lines: string[], message: RegExp][] = [
    [[""], /there is no service in /],
    [["balance --nmae web 80 a"], /services\.conf:1:9: unknown option .*--nmae/],
    [
      [`-b 127.0.0.1 ${port + 1} a:1`, `-b 127.0.0.1 ${port} a:1`],
      /cannot listen on 127\.0\.0\.1:\d+: the port is in use/,
    ],
    [[`-b nowhere.invalid ${port + 1} a:1`], /option -b: cannot resolve host: .*nowhere\.invalid/],
  ];
  for (const [lines, message] of wrong) await assert.rejects(FileInstance.start(lines), { message });
  Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
  assert.ok(taken.addr);
});

testWith([posix], "a file's services are served in the background, with a path relative to the start", async () => {
  await using back = namedBackend("here");
  using directory = temporaryDirectory();
  const port = freePorts(1), cwd = directory.path;
  await Deno.writeTextFile(`${cwd}/services.conf`, `-b 127.0.0.1 ${port} 127.0.0.1:${back.port}\n`);
  const { code, stderr } = await run(["--control-dir", ".", "--config", "services.conf"], { cwd });
  assert.equal(code, 0, stderr);
  assert.equal(await answerOn(port), "here");
  const { stdout } = await run(["--control-dir", cwd, "-c", "show json"]), { pid, config } = JSON.parse(stdout);
  assert.equal(config, `${cwd}/services.conf`);
  await endProcess(pid);
});
