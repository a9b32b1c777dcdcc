/** What documents say about the code, as far as it can be checked. */
import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { BALANCER_OPTIONS } from "../../src/balancer/option_shapes.ts";
import { engineSettings } from "../../src/balancer/settings.ts";
import { controlPlane } from "../../src/cli/instance_plane.ts";
import { commands } from "../../src/control/commands.ts";
import { Groups } from "../../src/groups/groups.ts";
import { ExitCode } from "../../src/process/exit_codes.ts";
import { type OptionSpec, optionTable } from "../../src/process/option_table.ts";
import type { LogState } from "../../src/log/log.ts";
import { parseCommandLine } from "../../src/process/options.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../src/table/limits.ts";
import { Table } from "../../src/table/table.ts";
import { Document, spans } from "./document.ts";
import { sources } from "./sources.ts";

const root = new URL("../../", import.meta.url);
const README = await Document.read("README.md");
const ARCHITECTURE = await Document.read(".github/ARCHITECTURE.md");
const CONTRIBUTING = await Document.read(".github/CONTRIBUTING.md");
const FAULTS = await Document.read(".github/FAULTS.md");
const SECURITY = await Document.read(".github/SECURITY.md");
const documents = [README, ARCHITECTURE, CONTRIBUTING, FAULTS, SECURITY];

const options: [name: string, spec: OptionSpec][] = Object.entries(optionTable);

const files: string[] = [
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "Dockerfile",
  "deno.json",
  "cli.ts",
  "mod.ts",
  ".dvmrc",
];
for (const folder of ["src/", "tests/", ".github/", ".ci/"]) for await (const file of sources(folder)) files.push(file);
const production = files.filter((file) => file.startsWith("src/") && !file.endsWith("_test.ts"));

/** Source text of everything in `src` but the tests. */
const code = await Promise.all(production.map((file) => Deno.readTextFile(new URL(file, root))));

Deno.test("files and folders that documents name exist", () => {
  const missing: string[] = [];
  for (const document of documents) {
    for (const span of document.spans) {
      if (/^(src|tests|\.github|\.ci)\//.test(span)) {
        const path = span.replace(/\/$/, "");
        if (!files.some((file) => file === path || file.startsWith(`${path}/`))) {
          missing.push(`${document.name}: ${span}`);
        }
      } else if (/^[\w/]+\.ts$/.test(span) && !files.some((file) => file === span || file.endsWith(`/${span}`))) {
        missing.push(`${document.name}: ${span}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("links lead to files and headings that exist", async () => {
  const broken: string[] = [];
  for (const document of documents) {
    for (const link of document.links.filter((link) => !/^https?:/.test(link))) {
      const [path, anchor] = link.split("#"),
        target = new URL(path, new URL(document.name, root)).href.slice(root.href.length);
      const name = path === "" ? document.name : target;
      const there = files.includes(name) &&
        (anchor === undefined || (await Document.read(name)).anchors.includes(anchor));
      if (!there) broken.push(`${document.name}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("tasks that documents name exist", () => {
  for (const { name, text } of documents) {
    for (const [, task] of text.matchAll(/\btask ([a-z][a-z:]*)/g)) {
      assert.ok(task in configuration.tasks, `${name}: ${task}`);
    }
  }
});

Deno.test("ARCHITECTURE: each word in code is one of the code", () => {
  const foreign = new Set(["pipeTo", "detached"]), all = code.join("\n") + files.join("\n");
  const words = ARCHITECTURE.spans.filter((span) => /^[\w.]+$/.test(span) && !foreign.has(span));
  const unknown = words.filter((word) => !word.split(".").every((part) => new RegExp(`\\b${part}\\b`).test(all)));
  assert.deepEqual(unknown, []);
});

Deno.test("ARCHITECTURE: the layers are the folders of src", () => {
  const [diagram] = /^```.*?^```$/ms.exec(ARCHITECTURE.text)!;
  for (const folder of new Set(production.map((file) => file.split("/")[1]))) {
    assert.match(diagram, new RegExp(`\\b${folder}\\b`), folder);
  }
});

Deno.test("ARCHITECTURE: every file of the linux engine that it lists is there, and Atomics are where it says", () => {
  for (const [names] of ARCHITECTURE.table("file")) {
    for (const name of spans(names)) assert.ok(files.includes(`src/engine/linux/${name}`), name);
  }
  const [sentence] = /Only `src\/table` uses `Atomics`.*?\n\n/s.exec(ARCHITECTURE.text)!;
  const named = spans(sentence).filter((span) => span.startsWith("src/"));
  const using = production.filter((_, i) => /\bAtomics\b/.test(code[i]));
  for (const file of using) assert.ok(named.some((path) => file === path || file.startsWith(`${path}/`)), file);
  for (const path of named) assert.ok(using.some((file) => file.startsWith(path)), path);
});

Deno.test("CONTRIBUTING: the table of tests has each folder once", () => {
  const folders = new Set(files.filter((file) => /^tests\/\w+\//.test(file)).map((file) => `${file.split("/")[1]}/`));
  assert.deepEqual(CONTRIBUTING.table("folder").flatMap(([name]) => spans(name)).sort(), [...folders].sort());
});

Deno.test("README: the table of options has each option with its letter, its value and its default", () => {
  const rows = README.table("option"), told = new Map<string, string>();
  for (const [heads, , standard] of rows) {
    let short: string | undefined;
    for (const head of spans(heads)) {
      const [, letter] = /^-(\w)$/.exec(head) ?? [], [, name, value] = /^--([\w-]+)(?: (.+))?$/.exec(head) ?? [];
      if (letter !== undefined) {
        short = letter;
        continue;
      }
      // `--engine auto|portable|linux` shows the words that can be given.
      assert.ok(Object.hasOwn(optionTable, name), `${heads} is an option`);
      const spec: OptionSpec = optionTable[name as keyof typeof optionTable];
      assert.deepEqual({ short, value }, { short: spec.short, value: spec.value }, heads);
      assert.ok(!told.has(name), `${name} stands there once`);
      told.set(name, standard);
      short = undefined;
    }
  }
  assert.deepEqual([...told.keys()].sort(), options.map(([name]) => name).sort());
  for (const [name, standard] of told) assertDefault(name, standard, `README, --${name}`);
});

Deno.test("options that documents name exist", () => {
  // Of Deno, `task demo`, `task bench` and docker.
  const foreign = /^--(allow-\w+|stay|quick|time)$/;
  const unknown: string[] = [];
  for (const document of documents) {
    for (const span of document.spans) {
      for (const [option, name] of span.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)) {
        if (!foreign.test(option) && !Object.hasOwn(optionTable, name)) unknown.push(`${document.name}: ${span}`);
      }
    }
  }
  assert.deepEqual(unknown, []);
});

Deno.test("--help: defaults are those of the program", () => {
  for (const [name, { summary }] of options) {
    const [, standard] = /\(default:? ([^)]+)\)/.exec(summary) ?? [];
    if (standard !== undefined) assertDefault(name, standard, `--help, --${name}`);
  }
});

Deno.test("options of the library: defaults in their descriptions are those of the program", async () => {
  const text = await Deno.readTextFile(new URL("src/balancer/options.ts", root));
  const interfaceText = text.slice(text.indexOf("export interface BalancerOptions"));
  const described = [...interfaceText.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly (\w+)\?:/gs)];
  assert.ok(described.length > 15, `${described.length} options`);
  const settings: Readonly<Record<string, unknown>> = { ...defaults };
  for (const [, description, name] of described) {
    const [, standard] = /\bDefault:? `?([\w.:]+)/.exec(description.replaceAll(/\s+\*?\s*/g, " ")) ?? [];
    const actual = settings[name];
    if (/^\d/.test(standard ?? "") || ["number", "boolean"].includes(typeof actual)) {
      assert.equal(standard?.replace(/\.$/, ""), String(actual), name);
    }
  }
});

Deno.test("the command line and the library have the same defaults", () => {
  const parsed = Object.entries(parseCommandLine(["1"])).filter(([name, value]) =>
    value !== undefined && name in defaults
  );
  // More threads than one are the program's choice, and it has the port and the groups from its words.
  const same = parsed.filter(([name]) => !["port", "threads"].includes(name));
  assert.ok(same.length >= 5, `${same.length} options`);
  for (const [name, value] of same) assert.equal(value, defaults[name], name);
});

Deno.test("README: the table of control commands has each of them with its words", () => {
  const told = README.table("command").flatMap(([heads]) => spans(heads));
  const expected = commands.flatMap(({ name, parameters }) =>
    parameters === "[json]" ? [name, `${name} json`] : [`${name} ${parameters}`.trim()]
  );
  assert.deepEqual(told.sort(), expected.sort());
});

Deno.test("README: the table of exit codes is that of the program", () => {
  const told = README.table("exit code").map(([code]) => Number(code));
  assert.deepEqual(told, Object.values(ExitCode).sort((a, b) => a - b));
});

Deno.test("README: the table of the library's codes has each that is thrown", async () => {
  const declared = (await Deno.readTextFile(new URL("src/balancer/errors.ts", root))).matchAll(/\| "(ERR_\w+)"/g);
  const told = README.table("code").flatMap(([code]) => spans(code));
  assert.deepEqual(told.sort(), [...declared].map(([, code]) => code).sort());
});

Deno.test("README: `show json` has the fields that it names", () => {
  const [paragraph] = /^`show json` is one line with.*?\n\n/ms.exec(README.text)!;
  const groups = new Groups(Table.create());
  groups.add(0, { host: "127.0.0.1", address: { host: "127.0.0.1", port: 80 } });
  const [group] = groups.snapshot();
  const state: LogState = { target: "stderr", problem: null, lost: 0 };
  const plane = controlPlane({ address: {} } as never, { state } as never, 80, () => {});
  const fields = [plane.describe(), state, group, group.channels[0]].flatMap((part) => Object.keys(part));
  const told = spans(paragraph).filter((span) => /^\w+$/.test(span));
  // `group` is "its number".
  const all = new Set(fields.filter((name) => name !== "group"));
  assert.deepEqual([...new Set(told)].sort(), [...all, "groups"].sort());
});

Deno.test("README: limits are those of the program", () => {
  assert.ok(README.prose.includes(`There can be ${MAX_GROUPS} groups of ${MAX_CHANNELS} channels.`));
});

Deno.test("README: examples are command lines that the program takes", () => {
  const blocks = [...README.text.matchAll(/^```(?:sh)?\n(.*?)^```$/gms)].map(([, block]) => block);
  const lines = blocks.flatMap((block) => block.split("\n")).flatMap((line) =>
    /^(?:\$ )?balance (.*)$/.exec(line)?.[1] ?? []
  );
  const complete = lines.filter((line) => !/\[|…/.test(line) && !/^\d+ \d+ \d/.test(line));
  assert.ok(complete.length > 8, `${complete.length} examples`);
  for (const line of complete) {
    const words = line.replace(/\s+#.*$/, "").match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
    assert.doesNotThrow(() => parseCommandLine(words), line);
  }
});

/** What options are when nobody says otherwise, by the name that they have in the program. */
const defaults: Readonly<Record<string, unknown>> = {
  ...engineSettings(BALANCER_OPTIONS({ port: 0, maxConnections: 1 }, ""), []),
  maxConnections: undefined,
};

/** Compares a default as a document tells it with the one that the command line has. */
function assertDefault(name: string, told: string, where: string): void {
  const key = name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
  const parsed = (parseCommandLine(["1"]) as unknown as Record<string, unknown>)[key] ?? defaults[key];
  const [word] = /^[\w.]*/.exec(told)!;
  if (typeof parsed === "number" || ["engine", "threads", "log-format"].includes(name)) {
    assert.equal(word, String(parsed), where);
  } else assert.doesNotMatch(word, /^\d/, where);
}
