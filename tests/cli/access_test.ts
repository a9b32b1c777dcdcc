/** Who may come in: the program, its log, its file and its control commands. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { programPath, run } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];

  testWith(needs, `${engine}: rules change with the file of services, and operators' rules stay`, async () => {
    await using backend = namedBackend("x");
    const port = freePorts(2), to = `127.0.0.1:${backend.address.port}`;
    const lines = (rules: string) => [`-b 127.0.0.1 --name web ${rules} ${port} ${to}`];
    await using instance = await FileInstance.start(lines(""), ["--engine", engine]);
    assert.equal(
      (await instance.run("show access")).stdout,
      'service "web" serves all clients: it has no access rules\n',
    );
    await instance.write(lines("--deny 10.0.0.0/8 --deny 127.0.0.1"));
    assert.match(await instance.control("reload"), /access rules/);
    assert.equal(await answerOn(port), "");
    assert.match(await instance.logged(/refused/), /refused 127\.0\.0\.1: denied by the access list$/);
    const become = async (rules: string) => {
      await instance.write(lines(rules));
      await instance.control("reload");
    };
    await become("");
    assert.deepEqual((await instance.control("show access")).split("\n"), [
      "from  action  networks    hits  left",
      "      allow   all others",
      "refused: 1, denied by the access list",
      "",
    ]);
    await become("--deny 127.0.0.1");
    assert.equal(await instance.control("allow 127.0.0.1"), "127.0.0.1 allowed\n");
    assert.equal(await answerOn(port), "x");
    await become("--allow 10.0.0.0/8");
    assert.equal(await answerOn(port), "x", "the operator's rule comes first");
    assert.equal(await instance.control("unban 127.0.0.1"), "1 rule ended\n");
    assert.equal(await answerOn(port), "");
    assert.deepEqual((await instance.control("show access")).split("\n"), [
      "from    action  networks    hits  left",
      "option  allow   10.0.0.0/8     0     -",
      "        deny    all others",
      "refused: 2, denied by the access list",
      "",
    ]);
    const state = JSON.parse(await instance.control("show json")).services[0].access;
    assert.deepEqual([state.refused.denied, state.rules], [2, [{ action: "allow", networks: "10.0.0.0/8", hits: 0 }]]);
    assert.match(await instance.control("show config"), /--allow 10\.0\.0\.0\/8/);
    await become("");
    assert.equal(await answerOn(port), "x");
    const wrong = await instance.run("deny 127.0.0.300");
    assert.deepEqual([wrong.code, wrong.stdout], [1, 'invalid network: "127.0.0.300" is not a numeric address\n']);
  });
}

testWith([linux], "operators' rules survive an upgrade, and hold before the first client comes", async () => {
  await using backend = namedBackend("x");
  await using world = await upgradable([`127.0.0.1:${backend.address.port}`]);
  const { instance } = world;
  await instance.control("deny 127.0.0.0/8");
  await instance.control("deny 127.0.0.9 1000");
  await upgrade(instance);
  assert.equal(await answerOn(instance.port), "");
  const { operators } = JSON.parse(await instance.control("show access json"));
  const told = operators.map(({ action, network, hits }: Record<string, unknown>) => [action, network, hits]);
  assert.deepEqual(told, [["deny", "127.0.0.9", 0], ["deny", "127.0.0.0/8", 1]]);
  assert.ok(operators[0].left > 900 && operators[0].left < 1000);
  await instance.control("unban all");
  assert.equal(await answerOn(instance.port), "x");
});

testWith(
  [posix],
  "a file of networks that cannot be used is told with its place, by a check, a start and a reload",
  async () => {
    using directory = temporaryDirectory();
    const good = `${directory.path}/good`, bad = `${directory.path}/bad`, port = freePorts(1);
    Deno.writeTextFileSync(good, "10.0.0.0/8\n");
    Deno.writeTextFileSync(bad, "10.0.0.0/8\n10.0.0.1/8\n");
    const fine = `-b 127.0.0.1 --name web --deny @${good} ${port} 127.0.0.1:1`;
    await using instance = await FileInstance.start([fine]);
    const lines: readonly [string, string, string][] = [
      [`-b 127.0.0.1 --name web --deny @${good} --deny @${bad} ${port} 127.0.0.1:1`, `@${bad}`, "option --deny: "],
      [`-b 127.0.0.1 --name web --accept-proxy @${bad} ${port} 127.0.0.1:1`, `@${bad}`, "option --accept-proxy: "],
      [`-b 127.0.0.1 --name web ${port} from=@${bad} 127.0.0.1:1`, `from=@${bad}`, "condition from=: "],
    ];
    for (const [line, word, about] of lines) {
      await instance.write([line]);
      const expected =
        `${instance.file}:1:${line.indexOf(word) + 1}: ${about}"${bad}" line 2: "10.0.0.1/8" has bits set ` +
        "behind its prefix, did you mean 10.0.0.0/8?";
      const told = (text: string) => text.split("\n")[0].replace("balance: ", "");
      const words = ["--config", programPath(instance.file), "--control-dir", programPath(directory.path)];
      const checked = await run(["--check-config", ...words]);
      assert.deepEqual([checked.code, told(checked.stderr)], [64, expected], `a check of ${line}`);
      const started = await run(["-f", ...words]);
      assert.deepEqual([started.code, told(started.stderr)], [64, expected], `a start with ${line}`);
      const reloaded = await instance.run("reload", undefined, ["--strict"]);
      assert.deepEqual([reloaded.code, told(reloaded.stdout)], [1, expected], `a reload of ${line}`);
    }
    using client = await Client.connect(port);
    await client.finish();
    assert.equal(await client.readAllText(), "");
  },
);
