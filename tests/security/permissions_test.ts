/** The least permissions that docs/operation.md names suffice, and Deno does not prompt for more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { CollectedText } from "../support/collected_text.ts";
import { freePort } from "../support/free_port.ts";
import { killQuietly } from "../support/program.ts";
import { condition, linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fromSource = condition(!Deno.env.has("BALANCE_PROGRAM"), "a compiled program has its permissions built in");

async function serves(engine: "portable" | "linux", flags: (path: string, port: number, back: number) => string[]) {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      ...["run", "--no-prompt", ...flags(directory.path, port, back.port), "cli.ts"],
      ...["-f", "--engine", engine, "-b", "127.0.0.1", "--control-dir", directory.path],
      ...[String(port), `127.0.0.1:${back.port}`],
    ],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new CollectedText(child.stderr), stdout = new CollectedText(child.stdout);
  try {
    await stderr.until(` engine ${engine}`, 0, 60);
    using client = await Client.connect(port);
    await client.send("here");
    assert.equal(new TextDecoder().decode(await client.readExactly(4)), "here");
    assert.equal(Deno.lstatSync(`${directory.path}/${port}@127.0.0.1.sock`).mode! & 0o777, 0o600);
  } finally {
    killQuietly(child);
    await Promise.all([child.status, stderr.ended, stdout.ended]);
  }
}

testWith(
  [posix, fromSource],
  "the portable engine needs permissions only for its addresses and its directory",
  () =>
    serves("portable", (path, port, back) => [
      `--allow-net=127.0.0.1:${port},127.0.0.1:${back},unix:${path}/${port}@127.0.0.1.sock`,
      "--allow-sys",
      `--allow-read=${path}`,
      `--allow-write=${path}`,
    ]),
);

testWith(
  [linux, fromSource],
  "the linux engine needs permissions only for libc, its modules and its directory",
  () =>
    serves("linux", (path, port) => [
      "--allow-ffi",
      `--allow-net=unix:${path}/${port}@127.0.0.1.sock`,
      "--allow-sys",
      `--allow-read=${path},src`,
      `--allow-write=${path}`,
    ]),
);

testWith([fromSource], "a part of the program that Deno may not read is an error that names it", async () => {
  for (
    const [words, file] of [
      [["--list"], "src/cli/actions.ts"],
      [["-f", "--engine", "portable", "--check", "tcp", "1", "127.0.0.1:2"], "src/service/health/health.ts"],
    ] as const
  ) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      cwd: root,
      args: ["run", "--no-prompt", "--allow-sys", "cli.ts", ...words],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(
      new TextDecoder().decode(stderr),
      `balance: cannot load a part of the program: requires read access to "${join(root, file)}", ` +
        "run again with the --allow-read flag\n",
    );
    assert.equal(code, 71);
  }
});

testWith([fromSource], "help and version need no permission", async () => {
  for (
    const [option, begin] of [["--help", /^balance \S+, a TCP load balancer/], [
      "--version",
      /^balance \S+\n$/,
    ]] as const
  ) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      cwd: root,
      args: ["run", "--no-prompt", "cli.ts", option],
      env: { NO_COLOR: "1" },
    }).output();
    assert.deepEqual([new TextDecoder().decode(stderr), code], ["", 0]);
    assert.match(new TextDecoder().decode(stdout), begin);
  }
});

testWith([fromSource], "a program that embeds the library needs no permission to read it", async () => {
  using directory = temporaryDirectory();
  await using back = echoBackend();
  const file = `${directory.path}/embedding.ts`;
  await Deno.writeTextFile(
    file,
    `import { Balancer } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    await using balancer = await Balancer.start({ engine: "portable" });
    const service = await balancer.serve({
      name: "web", hostname: "127.0.0.1", port: 0, groups: [{ channels: [{ host: "127.0.0.1", port: ${back.port} }] }], check: "tcp",
    });
    console.log(service.name, (await service.why("127.0.0.1")).groups.length);`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", `--config=${root}deno.json`, "--allow-net=127.0.0.1", file],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "web 1\n", new TextDecoder().decode(stderr));
});

testWith(
  [fromSource],
  "without all permissions the program does not go to the background, where it would get them",
  () => {
    const all = ["run", "read", "write", "net", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
    for (const missing of all) {
      const args = ["run", "--no-prompt", ...all.filter((flag) => flag !== missing), "cli.ts", String(freePort())];
      const { code, stderr } = new Deno.Command(Deno.execPath(), { cwd: root, args, env: { NO_COLOR: "1" } })
        .outputSync();
      assert.equal(code, 71);
      const wanted = new RegExp(`^balance: cannot go to the background: .* ${missing} is missing`);
      assert.match(new TextDecoder().decode(stderr), wanted);
    }
  },
);
