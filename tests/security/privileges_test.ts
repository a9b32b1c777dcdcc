/** `--user` and `--group`: no thread keeps root's rights, and none can regain them. */
import assert from "node:assert/strict";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { engineOptions, ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { assertPowerless } from "../support/powerless.ts";
import { run } from "../support/program.ts";
import { condition, linux, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const unavailable = linuxUnavailable();
const needs = [linux, root, condition(unavailable === undefined, unavailable ?? "")];

for (const engine of ENGINES) {
  testWith(needs, `${engine}: every thread takes the user and the group, and serves`, async () => {
    await using back = echoBackend();
    const identities = [
      { options: ["--user", "nobody"], gid: 65534 },
      { options: ["--user", "65534", "--group", "65534"], gid: 65534 },
      { options: ["--user", "nobody", "--group", "daemon"], gid: 1 },
    ];
    for (const { options, gid } of identities) {
      await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
        options: [...engineOptions(engine), ...options],
      });
      using client = await instance.client();
      await client.send("here");
      assert.equal((await client.readExactly(4)).length, 4);
      assertPowerless(instance.pid, 65534, gid);
      assert.match(await instance.control("show"), /127\.0\.0\.1/, "the first user still controls it");
    }
  });
}

testWith(needs, "a user or group that does not exist, or has no group, is an error that names it", async () => {
  using directory = temporaryDirectory();
  const cases: [options: string[], why: RegExp][] = [
    [["--user", "no-such"], /"no-such": there is no such user\n$/],
    [["--user", "nobody", "--group", "nix"], /"nix": there is no such group\n$/],
    [["--user", "12345"], /"12345": it has no group of its own, name one\n$/],
  ];
  for (const [options, why] of cases) {
    const { code, stderr } = await run(["-f", ...options, "--control-dir", directory.path, String(freePort())]);
    assert.equal(code, 64);
    assert.match(stderr, why);
    assert.deepEqual([...Deno.readDirSync(directory.path)], [], "the control socket is removed");
  }
});

testWith(
  needs,
  "a socket left behind because its user may not remove it is no instance, and the next start reclaims it",
  async () => {
    using directory = temporaryDirectory();
    const port = freePort(), socket = `${directory.path}/${port}@127.0.0.1.sock`;
    for (let i = 0; i < 2; i++) {
      await using instance = await Instance.start(["127.0.0.1:1"], { directory, port, options: ["--user", "nobody"] });
      assert.equal(Deno.lstatSync(socket).uid, 0);
      assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
      assert.equal(await instance.ended(), 0);
      const listed = await run(["--list", "--control-dir", directory.path]);
      assert.deepEqual(listed, {
        code: 0,
        stdout: "",
        stderr: `balance: no instance is running in "${directory.path}"\n`,
      });
    }
    {
      await using _again = await Instance.start(["127.0.0.1:1"], { directory, port });
      _again.signal("SIGTERM");
      assert.equal(await _again.ended(), 0);
    }
    assert.deepEqual([...Deno.readDirSync(directory.path)], []);
  },
);

/** Gives up root's rights while two more threads run; then each of the three tries to regain them from the kernel. */
const REGAIN = `
  import { dropPrivileges } from ${JSON.stringify(new URL("../../src/process/privileges.ts", import.meta.url).href)};
  const ATTEMPT = \`
    const numbers = { x86_64: [117, 119, 116], aarch64: [147, 149, 159] }[Deno.build.arch];
    const { syscall } = Deno.dlopen("", {
      syscall: { parameters: ["i64", "u32", "u32", "u32"], result: "i64" },
    }).symbols;
    const attempt = () => numbers.map((number) => Number(syscall(BigInt(number), 0, 0, 0)));\`;
  const worker = () => new Worker("data:text/javascript," + encodeURIComponent(ATTEMPT +
    "onmessage = () => postMessage(attempt()); postMessage('ready');"), { type: "module" });
  const workers = [worker(), worker()];
  const next = (worker) => new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
  await Promise.all(workers.map(next));
  const attempt = new Function(ATTEMPT + "return attempt()"), before = attempt();
  dropPrivileges("nobody", undefined);
  const results = [before, attempt()];
  for (const worker of workers) {
    const answer = next(worker);
    worker.postMessage(0);
    results.push(await answer);
  }
  console.log(JSON.stringify(results));
  Deno.exit();
`;

testWith(needs, "no thread can regain root's user, group or groups from the kernel", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `data:text/typescript,${encodeURIComponent(REGAIN)}`],
  }).output();
  const results = JSON.parse(new TextDecoder().decode(stdout) || "null");
  const [granted, refused] = [[0, 0, 0], [-1, -1, -1]];
  assert.deepEqual(results, [granted, refused, refused, refused], new TextDecoder().decode(stderr));
});
