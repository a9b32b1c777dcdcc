/** `--strategy`: strategies from files, in both engines. */
import assert from "node:assert/strict";
import { quoteWord } from "../../src/options/quote_word.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { established } from "../support/echoed.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { program, programPath, run, windows } from "../support/program.ts";
import { linux, notUnderWine, testWith } from "../support/requirements.ts";
import { type ControlDirectory, temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

/** The last candidate. A module that it imports has a part of it. */
const LAST = `import { first } from "./first.js";
export default {
  label: "Last",
  rotates: false,
  choose(candidates) {
    let last = first;
    for (let next = candidates.next(0); next >= 0; next = candidates.next(next + 1)) last = next;
    return last;
  },
};`;

/** Modules by their names. */
const MODULES: Readonly<Record<string, string>> = {
  "last.js": LAST,
  "first.js": "export const first = -1;",
  "throws.js": `export default { rotates: false, choose: () => { throw new Error("no\\u001b[31m idea\\nat all"); } };`,
  "nonsense.js": "export default () => 1.5;",
  "bare.js": "export const choose = () => 0;",
  "syntax.js": "export default {;",
  "top.js": `throw new Error("not today");`,
  "label.js": `export default { label: "Longer", choose: () => 0 };`,
  "chooses.js": "export default { choose: 7 };",
};

/** The example of docs/groups.md. */
const [, EXAMPLE] = /^```js ignore\n(\/\/ ten\.js\n.*?)^```$/ms.exec(
  await Deno.readTextFile(new URL("../../docs/groups.md", import.meta.url)),
)!;

function withModules(): ControlDirectory {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries({ ...MODULES, "ten.js": EXAMPLE })) {
    Deno.writeTextFileSync(`${directory.path}/${name}`, text);
  }
  return directory;
}

const ENGINES = [["portable engine", ["--engine", "portable"], []], ["linux engine, 2 threads", [
  "--engine",
  "linux",
  "--threads",
  "2",
], [linux]]] as const;

for (const [engine, options, requirements] of ENGINES) {
  testWith([...requirements], `${engine}: a strategy from a file chooses, and only among candidates`, async () => {
    using directory = withModules();
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const channels = [one, two].map(({ port }) => `127.0.0.1:${port}`);
    await using instance = await Instance.start([...channels, "%last"], {
      options: [...options, "--strategy", "last=last.js"],
      cwd: directory.path,
    });
    assert.deepEqual(await instance.answers(4), Array(4).fill("two"));
    assert.match(await instance.control("show"), /^\s*0\s+Last\s/m);
    assert.match(await instance.control("show config"), /^balance --strategy last=last\.js .* %last\n$/ms);
    await instance.control("disable 1");
    assert.deepEqual(await instance.answers(4), Array(4).fill("one"));
    await instance.control("enable 1");
    await instance.control("rr");
    assert.deepEqual((await instance.answers(4)).toSorted(), ["one", "one", "two", "two"]);
  });

  testWith(
    [...requirements],
    `${engine}: a strategy that throws or chooses nonsense gives way to turns, said once`,
    async () => {
      using directory = withModules();
      await using one = namedBackend("one");
      await using two = namedBackend("two");
      const channels = [one, two].map(({ port }) => `127.0.0.1:${port}`);
      for (
        const [file, reason] of [["throws.js", "no\\x1b[31m idea"], [
          "nonsense.js",
          "it chose 1.5, which is not a candidate",
        ]]
      ) {
        await using instance = await Instance.start([...channels, "%odd"], {
          options: [...options, "--strategy", `odd=${programPath(`${directory.path}/${file}`)}`],
        });
        assert.deepEqual((await Promise.all(Array.from({ length: 8 }, () => instance.answer()))).toSorted(), [
          ...Array(4).fill("one"),
          ...Array(4).fill("two"),
        ]);
        const line = await instance.logged(/strategy/);
        assert.ok(line.endsWith(` error   strategy odd has failed; channels take turns instead: ${reason}`), line);
        await instance.control("kill");
        await instance.ended();
        assert.equal(instance.stderr.text.match(/strategy/g)!.length, 1);
      }
    },
  );
}

testWith([notUnderWine], "a strategy's file that cannot be used is an error that names it", async () => {
  using directory = withModules();
  for (
    const [word, reason] of [
      ["x=none.js", /"x=none\.js" cannot be used: there is no such file$/],
      ["x=.", /"x=\." cannot be used: it is a directory$/],
      ["x=bare.js", /cannot be used: it has no default export$/],
      ["x=chooses.js", /cannot be used: its default export has no method choose$/],
      ["x=label.js", /cannot be used: its label must have 1 to 4 printable ASCII characters/],
      ["x=top.js", /cannot be used: not today$/],
      ["x=syntax.js", /cannot be used: .*file:.*syntax\.js:1:17$/],
      ["rr=last.js", /option --strategy needs another name: there is already a strategy rr: "rr=last\.js"$/],
      ["show=last.js", /there is already a control command show: "show=last\.js"$/],
      ["last.js", /option --strategy takes a name and a file, as in mine=\.\/mine\.js: "last\.js"$/],
    ] as const
  ) {
    const { code, stderr } = await run(["-f", "--strategy", word, String(freePort()), "127.0.0.1:1", "%rr"], {
      cwd: directory.path,
      env: { TMPDIR: directory.path },
    });
    assert.equal(code, 64, stderr);
    assert.match(stderr.split("\n")[0], reason);
  }
  const twice = await run(["-f", "--strategy", "x=last.js", "--strategy", "x=top.js", String(freePort())], {
    cwd: directory.path,
  });
  assert.match(twice.stderr, /option --strategy needs another name each time: "x=top\.js"/);
  const unknown = await run(["-f", "--strategy", "last=last.js", String(freePort()), "127.0.0.1:1", "%lasst"]);
  assert.match(unknown.stderr, /unknown strategy "%lasst", did you mean %last\?/);
});

testWith(
  [notUnderWine],
  "a file of services has strategies on any of its process lines; a new one takes a restart",
  async () => {
    using modules = withModules();
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const port = freePort(), path = (name: string) => quoteWord(programPath(`${modules.path}/${name}`));
    const service = (strategy: string) =>
      `balance --name web -b 127.0.0.1 ${port} 127.0.0.1:${one.port} 127.0.0.1:${two.port} ${strategy}`;
    const process = `process --threads 1 --strategy last=${path("last.js")}`;
    await using instance = await FileInstance.start([service("%last"), process]);
    assert.equal(await answerOn(port), "two");
    assert.equal(await instance.control("reload"), "nothing has changed\n");
    await instance.control("create 127.0.0.1 1");
    assert.match(await instance.control("save"), /^saved /);
    assert.match(await Deno.readTextFile(instance.file), /127\.0\.0\.1:1 %last\n/);
    await instance.write([service("!"), process]);
    await instance.control("reload");
    await instance.write([service("%last"), process]);
    assert.match(await instance.control("reload"), /Round Robin → last/);
    await instance.write([service("%other"), `${process} --strategy other=${path("last.js")}`]);
    const { stdout } = await instance.run("reload");
    assert.match(stdout, /strategy "other" needs a restart: it is not loaded yet/);
    const check = (file: string) =>
      run(["--check-config", "--config", file, "--control-dir", programPath(instance.directory)]);
    await instance.write([service("%other"), `process --strategy other=${path("none.js")}`]);
    const bad = await check(programPath(instance.file));
    assert.equal(bad.code, 64, bad.stderr);
    assert.match(bad.stderr, /^balance: option --strategy "other=.*none\.js" cannot be used: there is no such file/);
    await instance.write([service("%othr"), `process --strategy other=${path("last.js")}`]);
    assert.match((await check(programPath(instance.file))).stderr, /unknown strategy "%othr", did you mean %other\?/);
  },
);

testWith([notUnderWine], "the strategy of docs/groups.md gives a channel ten connections, then another", async () => {
  using directory = withModules();
  await using one = echoBackend();
  const channel = `127.0.0.1:${one.port}`;
  await using instance = await Instance.start([channel, channel, channel, "%ten"], {
    options: ["--threads", "1", "--strategy", "ten=./ten.js"],
    cwd: directory.path,
  });
  using clients = new DisposableStack();
  for (let i = 0; i < 33; i++) clients.use(await established(instance));
  const { groups: [{ type, channels }] } = await instance.state();
  assert.deepEqual([type, ...channels.map(({ current }) => current)], ["Ten", 11, 11, 11]);
});

Deno.test("a strategy may be TypeScript, except for the compiled program, which says so", async () => {
  using directory = withModules();
  await using one = namedBackend("one");
  Deno.writeTextFileSync(`${directory.path}/typed.ts`, "export default (): number => 0;");
  const options = ["--strategy", "typed=typed.ts"], cwd = directory.path;
  // Under Wine, one word starts a script, which runs the program from source.
  const fromSource = program.length > 1 || windows;
  if (fromSource) {
    await using instance = await Instance.start([`127.0.0.1:${one.port}`, "%typed"], { options, cwd });
    assert.equal(await instance.answer(), "one");
    return;
  }
  const { code, stderr } = await run([...options, "-f", String(freePort()), "127.0.0.1:1", "%typed"], { cwd });
  assert.equal(code, 64);
  assert.match(stderr, /"typed=typed\.ts" cannot be used: the compiled program takes JavaScript only/);
});

testWith([linux], "a strategy from a file goes on choosing after an upgrade", async () => {
  using directory = withModules();
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  await using world = await upgradable([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`, "%last"], {
    options: ["--strategy", "last=last.js"],
    cwd: directory.path,
  });
  const { instance } = world;
  await upgrade(instance);
  assert.deepEqual(await instance.answers(4), Array(4).fill("two"));
  assert.equal((await instance.state()).groups[0].type, "Last");
});
