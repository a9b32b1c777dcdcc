/** What operators have done, as command lines: shown, saved, and started again. */
import assert from "node:assert/strict";
import { FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** What a file can say of what runs. */
async function stateOf(instance: FileInstance) {
  const { services } = JSON.parse(await instance.control("show json")) as {
    services: {
      name: string;
      addresses: string[];
      ports: unknown[];
      groups: { type: string; channels: Record<"host" | "port" | "maxc", unknown>[] }[];
    }[];
  };
  return services.map(({ name, addresses, ports, groups }) => ({
    name,
    addresses,
    ports,
    groups: groups.map(({ type, channels }) => ({
      type,
      channels: channels.map(({ host, port, maxc }) => ({ host, port, maxc })),
    })),
  }));
}

/** Ends an instance, then starts another one with these lines. */
async function restart(old: FileInstance, lines: string): Promise<FileInstance> {
  await old.control("kill");
  await old.ended();
  return await FileInstance.start(lines.trimEnd().split("\n"));
}

testWith([posix], "what operators did is there again after save and a restart, and in show config", async () => {
  using files = temporaryDirectory();
  const port = freePorts(4);
  await using first = await FileInstance.start([
    `process --drain-timeout 0 --pid-file '${files.path}/pid of $USER; "web"'`,
    "# with values that lines below take back",
    "defaults -b 127.0.0.1 -a -H -t 2",
    `balance --name web ${port}-${port + 1}   127.0.0.1:1 127.0.0.1:2:7  # both`,
    "  ! 10.255.255.9",
    `balance --name mail --no-autodisable -t 5 ${port + 2} 127.0.0.1:4 %`,
    `${port + 3} 127.0.0.1:5 ! 127.0.0.1:6`,
  ]);
  assert.equal(
    await first.control([
      "service web",
      "disable 0",
      "assign 0 127.0.0.2 3",
      "maxc 1 0",
      "create 127.0.0.3 80",
      "enable 2",
      "hash",
      "group 1",
      `create 127.0.0.4 ${port}`,
      "maxc 1 9",
      "group 2",
      "create 127.0.0.5 65535",
      "hash",
      "service mail",
      "group 0",
      "rr",
      "maxc 0 16777216",
    ]).then((reply) => /unknown|invalid|error|must/i.exec(reply)?.[0]),
    undefined,
  );
  const state = await stateOf(first), shown = await first.control("show config");
  assert.match(shown, /disabled by an operator/);
  assert.match(await first.control("save"), /^saved /);
  assert.equal(await first.control("reload"), "nothing has changed\n");
  assert.equal(await first.control("show config"), shown);
  const saved = await Deno.readTextFile(first.file);
  assert.match(saved, new RegExp(`^${port + 3} 127.0.0.1:5 ! 127.0.0.1:6$`, "m"), "what nobody touched is as it was");
  await using second = await restart(first, saved);
  assert.deepEqual(await stateOf(second), state);
  // The directory for control differs, and nothing is disabled any more.
  const lines = (text: string) => text.slice(text.search(/^balance /m)).replaceAll(/^#.*\n/gm, "");
  assert.deepEqual(lines(await second.control("show config")), lines(shown));
  await using third = await restart(second, shown);
  assert.deepEqual(await stateOf(third), state);
  assert.deepEqual(lines(await third.control("show config")), lines(shown));
});

testWith([posix], "a flag of the file's process line is taken back on the command line", async () => {
  const port = freePorts(1), lines = ["process -d --drain-timeout 3", `-b 127.0.0.1 ${port} 127.0.0.1:1`];
  await using instance = await FileInstance.start(lines, ["--no-debug", "--drain-timeout", "0"]);
  assert.match(await instance.control("show config"), / --drain-timeout 0 .*--no-debug/s);
  assert.doesNotMatch(instance.stderr.text, / debug /);
});

testWith(
  [posix],
  "what takes a restart is shown as it runs, said by each reload, and left in the file by save",
  async () => {
    const port = freePorts(1), line = (more: string) => `-b 127.0.0.1 --name web ${more}${port} 127.0.0.1:1`;
    await using instance = await FileInstance.start([line("")]);
    await instance.write([line("--backlog 9 -t 2 ")]);
    const restart = 'service "web": backlog 4096 → 9 (needs a restart)\n';
    assert.equal(await instance.control("reload"), `${restart}service "web": connect-timeout 5 → 2\n`);
    const shown = (options: string) => new RegExp(`^balance --name web -b 127.0.0.1 ${options} ${port} `, "m");
    assert.match(await instance.control("show config"), shown("--backlog 4096 -t 2"), "also if that is the default");
    for (const command of ["reload --dry-run", "reload"]) assert.equal(await instance.control(command), restart);
    await instance.control("maxc 0 7");
    await instance.control("save");
    const saved = await Deno.readTextFile(instance.file);
    assert.match(saved, / --backlog 9 /);
    assert.match(saved, / 127.0.0.1:1:7$/m);
    assert.equal(await instance.control("reload"), restart);
    await instance.write([line("-t 2 ").replace(/:1$/, ":1:7")]);
    assert.equal(await instance.control("reload"), "nothing has changed\n", "the file is back to what runs");
    assert.match(await instance.control("show config"), shown("-t 2"));
  },
);
