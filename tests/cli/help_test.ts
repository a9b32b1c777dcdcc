import assert from "node:assert/strict";
import { helpTopics } from "../../src/options/help/topics.ts";
import { optionList } from "../../src/options/option_records.ts";
import { program, run, version } from "../support/program.ts";
import { linux, testWith } from "../support/requirements.ts";

Deno.test("--help fits on one screen, and --help all has every option", async () => {
  const { code, stdout, stderr } = await run(["--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.ok(lines.length <= 46, `${lines.length} lines`);
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
  assert.match(stdout, /^[\n -~…]+$/);
  assert.ok(lines.filter((line) => /^ {2}balance /.test(line)).length >= 5, "usage and examples");
  for (const word of ["-h", "help"]) assert.equal((await run([word])).stdout, stdout);
  const all = (await run(["--help", "all"])).stdout.split("\n");
  for (const [, { name, short, kind: { metavar: value }, summary }] of optionList) {
    const head = `  ${short === undefined ? "   " : `-${short},`} --${name}` + (value === undefined ? "" : ` ${value}`);
    const told = all.filter((line) => line.startsWith(`${head} `));
    assert.equal(told.length, 1, name);
    assert.equal(told[0].slice(head.length).trim(), summary, name);
  }
});

Deno.test("--help says more about a section, and suggests one for a wrong name", async () => {
  assert.match((await run(["--help", "sockets"])).stdout, /^Sockets\n(.*\n)* {6}TCP_USER_TIMEOUT/);
  const topics = helpTopics.join(", ");
  const stderr = `balance: there is no help on "socket", only on ${topics}, did you mean balance --help sockets?\n`;
  assert.deepEqual(await run(["--help", "socket"]), { code: 64, stdout: "", stderr });
});

Deno.test("--help and --version win over everything else on the line", async () => {
  const { code, stdout } = await run(["8080", "no-such-host.invalid", "-f", "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^balance /);
  for (const words of [["--version", "0"], ["-V"]]) {
    assert.deepEqual(await run(words), { code: 0, stdout: `balance ${version}\n`, stderr: "" });
  }
});

testWith([linux], "output or messages that cannot be written cause no crash", async () => {
  const into = (redirection: string, ...words: string[]) =>
    new Deno.Command("sh", { args: ["-c", `exec "$@" ${redirection}/dev/full`, "sh", ...program, ...words] }).output();
  for (const word of ["--help", "--version"]) {
    const { code, stderr } = await into(">", word);
    assert.equal(
      new TextDecoder().decode(stderr),
      "balance: cannot write to standard output: No space left on device\n",
    );
    assert.equal(code, 71);
  }
  assert.equal((await into("2>", "--nope")).code, 64);
});
