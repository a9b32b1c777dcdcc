/** Addresses of one link: they say on which interface, by its name or its number. */
import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { condition, linux, posix, type Requirement, testWith } from "../support/requirements.ts";
import { writeAll } from "../support/streams.ts";

/** A link-local address of this machine (RFC 4291, 2.5.6). */
const link = Deno.networkInterfaces().find(({ address, scopeid }) => /^fe[89ab]/i.test(address) && (scopeid ?? 0) > 0);
const needs: Requirement[] = [posix, condition(link !== undefined, "needs an interface with a link-local address")];
const address = link?.address ?? "", named = `${address}%${link?.name}`, numbered = `${address}%${link?.scopeid}`;

/** Says where the connection came from, and ends. */
const tellingBackend = () =>
  new Backend(async (connection) => {
    await writeAll(connection, new TextEncoder().encode(connection.remoteAddr.hostname));
  }, { hostname: numbered });

const engines = linux.met ? ["portable", "linux"] : ["portable"];

for (const engine of engines) {
  testWith(
    needs,
    `-b takes an address with the name of its interface, and control finds it so: ${engine} engine`,
    async () => {
      await using backend = tellingBackend();
      const channels = [`[${named}]:${backend.port}`];
      await using instance = await Instance.start(channels, { options: ["--engine", engine], bind: named });
      using client = await Client.connect(instance.port, numbered);
      assert.equal((await client.readText())?.split("%")[0], address);
      for (const bind of [named, numbered, `[${named}]`]) {
        const shown = await run([
          "--control-dir",
          instance.directory.path,
          "-b",
          bind,
          "-c",
          "show",
          String(instance.port),
        ]);
        assert.deepEqual([shown.code, shown.stderr], [0, ""]);
        assert.match(shown.stdout, new RegExp(`ENA ${address}%${link!.scopeid} `));
      }
      const { stdout } = await run(["--control-dir", instance.directory.path, "--list"]);
      assert.ok(stdout.includes(`[${numbered}]:${instance.port}`), stdout);
    },
  );
}

testWith([...needs, linux], "-B takes an address with the name of its interface", async () => {
  await using backend = tellingBackend();
  const options = ["--engine", "linux", "-B", named];
  await using instance = await Instance.start([`[${named}]:${backend.port}`], { options });
  using client = await Client.connect(instance.port);
  assert.equal((await client.readText())?.split("%")[0], address);
});

testWith(needs, "the portable engine says that it has no source address with a zone", async () => {
  const { code, stderr } = await run(["-f", "--engine", "portable", "-B", named, String(freePort()), "[::1]:1"]);
  assert.deepEqual([code, stderr], [
    64,
    "balance: the portable engine has no source address with a zone\n",
  ]);
});

testWith([posix], "an interface that does not exist is an error that names it", async () => {
  const port = String(freePort());
  for (const option of ["-b", "-B"]) {
    const { code, stdout, stderr } = await run(["-f", option, "fe80::11%nope9", port, "127.0.0.1:1"]);
    assert.deepEqual([code, stdout], [64, ""]);
    assert.match(stderr, new RegExp(`^balance: option ${option}: .*no interface "nope9".*\\n$`));
  }
  const { code, stderr } = await run(["-b", "fe80::11%nope9", "-c", "show", port]);
  assert.equal(code, 64);
  assert.match(stderr, /option -b: .*no interface "nope9"/);
});
