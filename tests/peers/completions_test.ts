/** Completions in the shells themselves, and the man page in the programs that show it. */
import assert from "node:assert/strict";
import { quoteWord } from "../../src/options/quote_word.ts";
import { Instance } from "../support/instance.ts";
import { program, run } from "../support/program.ts";
import { installed, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** What each shell is to offer behind a line, among other words. */
const OFFERS: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["balance --eng", ["--engine"]],
  ["balance --half", ["--half-close-timeout"]],
  ["balance --no-auto", ["--no-autodisable"]],
  ["balance --engine ", ["auto", "portable", "linux"]],
  ["balance --engine po", ["portable"]],
  ["balance --log-format ", ["text", "json"]],
  ["balance --completions ", ["bash", "zsh", "fish"]],
  ["balance -c dis", ["disable"]],
  ["balance --help choo", ["choosing"]],
  ["balance --help gro", ["groups"]],
  ["balance --proxy v", ["v1", "v2"]],
  ["balance -B cl", ["client"]],
  ["balance --user roo", ["root"]],
  ["balance --connection", ["--connection-log", "--connection-log-format"]],
  ["balance --connection-log-format js", ["json"]],
];

/** Completes a line in a shell. @param directory where instances are @returns the words it offers */
type Complete = (line: string, directory?: string) => Promise<string[]>;

/** Calls the function that bash would call. */
const bash: Complete = (line, directory) =>
  script("bash", [
    'eval "$(balance --completions bash)"',
    `COMP_WORDS=(${words(line).map(quoteWord).join(" ")}) COMP_CWORD=${words(line).length - 1}`,
    '_balance balance "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ], directory);

const fish: Complete = async (line, directory) => {
  const load = "balance --completions fish | source";
  const lines = await script("fish", [load, `complete -C ${quoteWord(line)}`], directory);
  return lines.map((line) => line.split("\t")[0]);
};

/** Types the line and Tab on a terminal of zsh's own; what is offered goes to a file, through `compadd`. */
const zsh: Complete = async (line, directory) => {
  using own = temporaryDirectory();
  const offered = `${own.path}/offered`;
  await Deno.writeTextFile(offered, "");
  await Deno.writeTextFile(
    `${own.path}/.zshrc`,
    [
      `autoload -U compinit; compinit -D -u`,
      `eval "$(balance --completions zsh)"`,
      `compadd() {`,
      `  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi`,
      `  local -a found; builtin compadd -A found "$@"; print -rl -- $found >> ${offered}; builtin compadd "$@"`,
      `}`,
      `leave() { exit; }`,
      `comppostfuncs=(leave)`,
      `bindkey '^I' complete-word`,
      `print READY`,
    ].join("\n"),
  );
  await script("zsh", [
    "zmodload zsh/zpty",
    `zpty inner 'ZDOTDIR=${own.path} TERM=dumb zsh -d -i'`,
    "while zpty -r inner text && [[ $text != *READY* ]]; do :; done",
    `zpty -w -n inner ${quoteWord(line)}$'\\t'`,
    "while zpty -r inner text; do :; done",
  ], directory);
  return (await Deno.readTextFile(offered)).split("\n");
};

for (const [shell, complete] of Object.entries({ bash, zsh, fish })) {
  testWith([posix, installed(shell)], `${shell} completes options, their values, commands and topics`, async () => {
    const wrong: unknown[] = [];
    for (const [line, expected] of OFFERS) {
      const offered = await complete(line);
      if (!expected.every((word) => offered.includes(word))) wrong.push({ line, expected, offered });
    }
    assert.deepEqual(wrong, []);
  });

  testWith(
    [posix, installed(shell)],
    `${shell} completes options of channels, conditions of groups, and strategies`,
    async () => {
      for (
        const [line, end] of [
          ["balance 8080 web1:80,we", "weight="],
          ["balance 8080 web1,weight=3,na", "name="],
          ["balance 8080 web1 %le", "%least"],
          ["balance -f --name x 8080 a %st", "%stable"],
          ["balance 443 sn", "sni="],
          ["balance 443 sni=a.example web1 ! al", "alpn="],
          ["balance 22 proto=ss", "ssh"],
          ["balance 22 web1,proxy", "proxy="],
        ]
      ) {
        const offered = await complete(line);
        // Some shells are given the whole word, others what is missing behind the comma.
        assert.ok(offered.some((word) => word.endsWith(end)), `${line}: ${offered}`);
      }
    },
  );

  testWith([posix, installed(shell)], `${shell} completes a file whose option may stand alone`, async () => {
    const offered = await complete("balance --connection-log=/et");
    assert.ok(offered.some((word) => /etc\/?$/.test(word)), String(offered));
    // Without it, the next word is the port.
    assert.ok(!(await complete("balance --connection-log tcpm")).includes("/etc"));
  });

  testWith([posix, installed(shell)], `${shell} completes what runs behind -c and -i`, async () => {
    await using instance = await Instance.start(["127.0.0.1:1"]);
    for (const line of ["balance -c show ", "balance -i "]) {
      assert.ok((await complete(line, instance.directory.path)).includes(String(instance.port)), line);
    }
  });
}

Deno.test("names of running instances are printed without a word about what cannot be read", async () => {
  using directory = temporaryDirectory();
  for (const path of [directory.path, `${directory.path}/missing`, "/dev/null"]) {
    assert.deepEqual(await run(["--completions", "names", "--control-dir", path]), { code: 0, stdout: "", stderr: "" });
  }
});

testWith([posix, installed("mandoc", "man")], "the man page is clean for mandoc and man", async () => {
  using directory = temporaryDirectory();
  const page = `${directory.path}/balance.1`, { stdout } = await run(["--help", "man"]);
  await Deno.writeTextFile(page, stdout);
  for (const command of [`mandoc -T lint -W all ${page}`, `man --warnings -E UTF-8 -l ${page} 2>&1 >/dev/null`]) {
    assert.deepEqual(await script("sh", [command]), [""], command);
  }
  const shown = await script("sh", [`man -E UTF-8 -l ${page} | col -b`]);
  for (const heading of ["NAME", "SYNOPSIS", "OPTIONS", "CONTROL COMMANDS", "EXIT STATUS", "SEE ALSO"]) {
    assert.ok(shown.includes(heading), heading);
  }
});

/** The words of a line as bash has them, which takes `name=value` apart; the last is empty if the line ends in a space. */
function words(line: string): string[] {
  return line.split(" ").flatMap((word) => word === "" ? word : word.split(/(=)/).filter((part) => part !== ""));
}

/** Runs lines in a shell that finds the program as `balance`. @returns the lines it prints */
async function script(shell: string, lines: readonly string[], instances?: string): Promise<string[]> {
  using directory = temporaryDirectory();
  const start = `#!/bin/sh\nexec ${program.map(quoteWord).join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${directory.path}/balance`, start, { mode: 0o755 });
  const { stdout, stderr, success } = await new Deno.Command(shell, {
    args: [...shell === "fish" ? ["--no-config"] : shell === "zsh" ? ["-f"] : [], "-c", lines.join("\n")],
    env: {
      PATH: `${directory.path}:${Deno.env.get("PATH")}`,
      BALANCE_CONTROL_DIR: instances ?? directory.path,
    },
    stdin: "null",
    signal: AbortSignal.timeout(20_000),
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.ok(success && said === "", `${shell}: ${said}`);
  return new TextDecoder().decode(stdout).replace(/\n$/, "").split("\n");
}
