/** Files of networks, which are read again when they change. */
import assert from "node:assert/strict";
import { includes } from "../../src/access/networks.ts";
import { NetworkFiles } from "../../src/service/access/network_files.ts";
import { parseHost } from "../../src/table/address.ts";
import { eventually } from "../support/eventually.ts";
import { posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Files in a directory of their own, and what is told about them. */
function setUp() {
  const directory = temporaryDirectory(), path = `${directory.path}/list`, word = `@${path}`, told: string[] = [];
  const files = new NetworkFiles({
    changed: () => told.push("changed"),
    read: (_, ranges) => told.push(`read ${ranges}`),
    stale: (_, reason) => told.push(reason.replaceAll(directory.path, "")),
  }, 20);
  return {
    directory: directory.path,
    path,
    word,
    told,
    files,
    networks: (words = word) => files.networks(words),
    has: async (host: string) => includes(await files.networks(word), parseHost(host).bytes),
    write: (text: string, name = path) => Deno.writeTextFileSync(name, text),
    until: (line: string) => eventually(line, () => told.includes(line)),
    async [Symbol.asyncDispose]() {
      await files.stop();
      directory[Symbol.dispose]();
    },
  };
}

Deno.test("a file has a network a line, and comments", async () => {
  await using world = setUp();
  world.write(
    "\ufeff# ours\r\n10.0.0.0/8 # all of it\r\n\r\n  192.0.2.7\t; a comment as Spamhaus writes it\n::1-::5\n2001:db8::/32",
  );
  for (const host of ["10.1.2.3", "192.0.2.7", "::3", "2001:db8::1"]) assert.ok(await world.has(host), host);
  for (const host of ["11.0.0.0", "192.0.2.8", "::6"]) assert.ok(!await world.has(host), host);
});

Deno.test("lines are read whole wherever the slices in which a file is read end", async () => {
  await using world = setUp();
  const lines = Array.from({ length: 30_000 }, (_, i) => `10.${i >> 14}.${(i >> 7) & 127}.${(i & 127) * 2}`);
  world.write(lines.join("\n"));
  assert.equal((await world.networks()).ipv4.length, 2 * lines.length);
});

Deno.test("a file that cannot be used is an error that names the file, and the line", async () => {
  await using world = setUp();
  const faults: readonly [string, string][] = [
    ["10.0.0.0/8\n\n10.0.0.1/8\n", 'line 3: "10.0.0.1/8" has bits set behind its prefix, did you mean 10.0.0.0/8?'],
    ["web1\n", 'line 1: "web1" is not a numeric address'],
    ["10.0.0.1 10.0.0.2\n", 'line 1: "10.0.0.1 10.0.0.2" is not a numeric address'],
    ["\x1b[2J\n", 'line 1: "\\x1b[2J" is not a numeric address'],
    ["@other\n", 'line 1: "@other" is not a numeric address'],
  ];
  for (const [text, reason] of faults) {
    world.write(text);
    await assert.rejects(world.networks(), { message: `"${world.path}" ${reason}`, code: "ERR_NETWORK_FILE" });
  }
  // Whether or not a slice ends within it.
  for (
    const text of ["1".repeat(200_000), `# ${"1".repeat(5000)}\n`, `${"\n".repeat(60_000)}# ${"1".repeat(8000)}\n`]
  ) {
    world.write(text);
    await assert.rejects(world.networks(), /line \d+: .* is too long for a line$/);
  }
  await assert.rejects(world.networks(`@${world.directory}/none`), {
    message: `cannot read "${world.directory}/none": there is no such file`,
    code: "ERR_NETWORK_FILE",
  });
  await assert.rejects(world.networks(`@${world.directory}`), /: it is a directory$/);
});

testWith([posix], "a pipe is no file of networks, and nobody waits for it", async () => {
  await using world = setUp();
  const { success } = await new Deno.Command("mkfifo", { args: [world.path] }).output();
  assert.ok(success);
  await assert.rejects(world.networks(), /: it is a pipe$/);
});

Deno.test("whoever names a file gets the same networks, and a list with others has those too", async () => {
  await using world = setUp();
  world.write("10.0.0.0/8");
  const [one, other] = await Promise.all([world.networks(), world.networks()]);
  assert.equal(one, other);
  const both = await world.networks(`192.0.2.1,${world.word}`);
  assert.deepEqual([...both.ipv4], [0x0a000000, 0x0affffff, 0xc0000201, 0xc0000201]);
  assert.equal(await world.networks(`192.0.2.1,${world.word}`), both);
});

Deno.test("a file is read again when it is written, replaced, or comes back", async () => {
  await using world = setUp();
  world.write("10.0.0.0/8\n");
  const before = await world.networks();
  world.files.follow([world.word]);
  world.write("10.0.0.0/8\n11.0.0.0/8\n192.0.2.1\n");
  await world.until("read 2");
  await world.until("changed");
  assert.notEqual(await world.networks(), before);
  assert.ok(await world.has("11.0.0.1"));
  world.write("172.16.0.0/12\n", `${world.path}.new`);
  Deno.renameSync(`${world.path}.new`, world.path);
  await world.until("read 1");
  assert.deepEqual([await world.has("172.16.0.1"), await world.has("10.0.0.1")], [true, false]);
  Deno.removeSync(world.path);
  await world.until('cannot read "/list": there is no such file');
  assert.ok(await world.has("172.16.0.1"), "what it said before holds");
  world.write("10.0.0.1\n10.0.0.3\n10.0.0.5\n");
  await world.until("read 3");
  assert.deepEqual([await world.has("172.16.0.1"), await world.has("10.0.0.5")], [false, true]);
});

testWith([posix], "a file is read again when a link in its path leads elsewhere, as Kubernetes does it", async () => {
  await using world = setUp();
  for (const [name, text] of [["one", "10.0.0.1"], ["two", "10.0.0.2"]]) {
    Deno.mkdirSync(`${world.directory}/${name}`);
    world.write(text, `${world.directory}/${name}/list`);
  }
  Deno.symlinkSync("one", `${world.directory}/data`);
  Deno.symlinkSync("data/list", world.path);
  assert.ok(await world.has("10.0.0.1"));
  world.files.follow([world.word]);
  Deno.symlinkSync("two", `${world.directory}/next`);
  Deno.renameSync(`${world.directory}/next`, `${world.directory}/data`);
  await world.until("changed");
  assert.deepEqual([await world.has("10.0.0.1"), await world.has("10.0.0.2")], [false, true]);
});

Deno.test("a version with a fault changes nothing, is told once, and the next good one counts", async () => {
  await using world = setUp();
  world.write("10.0.0.1\n");
  const before = await world.networks();
  world.files.follow([world.word]);
  world.write("10.0.0.2\nnonsense\n");
  const fault = '"/list" line 2: "nonsense" is not a numeric address';
  await world.until(fault);
  await world.files.refresh();
  await world.files.refresh();
  assert.deepEqual(world.told, [fault]);
  assert.equal(await world.networks(), before);
  world.write("10.0.0.2\n10.0.0.4\n");
  await world.files.refresh();
  assert.deepEqual(world.told, [fault, "read 2", "changed"]);
});

Deno.test("a file that says the same in other words changes nothing", async () => {
  await using world = setUp();
  world.write("10.0.0.0/8\n");
  const before = await world.networks();
  world.write("# halves\n10.128.0.0/9\n10.0.0.0/9\n");
  await world.files.refresh();
  assert.deepEqual(world.told, ["read 1"]);
  assert.equal(await world.networks(), before);
});

Deno.test("a file that nobody names any more is forgotten", async () => {
  await using world = setUp();
  world.write("10.0.0.1\n");
  const before = await world.networks();
  world.files.follow([]);
  world.write("10.0.0.2\n");
  await world.files.refresh();
  assert.deepEqual(world.told, []);
  assert.notEqual(await world.networks(), before);
  assert.ok(await world.has("10.0.0.2"));
});
