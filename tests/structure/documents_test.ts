/** What documents say about the code, as far as it can be checked. */
import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import { LONGEST_LINE } from "../../src/control/protocol.ts";
import { MOST_CONNECTIONS, MOST_SESSIONS, SILENCE } from "../../src/control/server.ts";
import type { EngineName } from "../../src/options/engine_name.ts";
import { commands } from "../../src/control/commands.ts";
import { negativeName } from "../../src/options/option_record.ts";
import { optionList } from "../../src/options/option_records.ts";
import { Document, spans } from "./document.ts";
import { sources } from "./sources.ts";

const root = new URL("../../", import.meta.url);
const documents = await Document.readAll();
const ARCHITECTURE = await Document.read(".github/ARCHITECTURE.md");
const architecture = documents.filter(({ name }) => /^\.github\/(ARCHITECTURE|architecture\/\w+)\.md$/.test(name));
const CONTRIBUTING = await Document.read(".github/CONTRIBUTING.md");
const FAULTS = await Document.read(".github/FAULTS.md");
const SECURITY = await Document.read(".github/SECURITY.md");

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
for (const folder of ["src/", "tests/", "docs/", "examples/", ".github/", ".ci/"]) {
  for await (const file of sources(folder)) files.push(file);
}
const production = files.filter((file) => file.startsWith("src/") && !file.endsWith("_test.ts"));

/** Source text of everything in `src` but the tests. */
const code = await Promise.all(production.map((file) => Deno.readTextFile(new URL(file, root))));

Deno.test("files and folders that documents name exist", () => {
  const missing: string[] = [];
  for (const document of documents) {
    for (const span of document.spans) {
      if (/^(src|tests|docs|examples|\.github|\.ci)\//.test(span)) {
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
  for (const document of [...documents, await Document.read("CHANGELOG.md")]) {
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

Deno.test("every document can be reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const name of reached) {
    for (const link of documents.find((document) => document.name === name)?.links ?? []) {
      const target = new URL(link, new URL(name, root)).href.slice(root.href.length).replace(/#.*/, "");
      if (documents.some((document) => document.name === target)) reached.add(target);
    }
  }
  assert.deepEqual([...reached].sort(), documents.map(({ name }) => name));
});

Deno.test("README: the table of pages has each page once", () => {
  const listed = documents.find(({ name }) => name === "README.md")!.table("page").map(([cell]) =>
    /\]\((.*)\)/.exec(cell)![1]
  );
  const pages = documents.map(({ name }) => name).filter((name) => name.startsWith("docs/"));
  assert.deepEqual(listed.sort(), pages);
});

Deno.test("tasks that documents name exist", () => {
  for (const { name, text } of documents) {
    for (const [, task] of text.matchAll(/\btask ([a-z][a-z:]*)/g)) {
      assert.ok(task in configuration.tasks, `${name}: ${task}`);
    }
  }
});

Deno.test("ARCHITECTURE: each code span names something in the code", () => {
  const foreign = new Set(["pipeTo", "detached"]), all = code.join("\n") + files.join("\n");
  for (const { name, spans } of architecture) {
    const words = new Set(spans.filter((span) => /^[\w.]+$/.test(span) && !foreign.has(span)));
    const unknown = [...words].filter((word) =>
      !word.split(".").every((part) => new RegExp(`\\b${part}\\b`).test(all))
    );
    assert.deepEqual(unknown, [], name);
  }
});

Deno.test("ARCHITECTURE: the layers are the folders of src", () => {
  const [diagram] = /^```.*?^```$/ms.exec(ARCHITECTURE.text)!;
  for (const folder of new Set(production.map((file) => file.split("/")[1]))) {
    assert.match(diagram, new RegExp(`\\b${folder}\\b`), folder);
  }
});

Deno.test("ARCHITECTURE: every file of the linux engine that it lists exists, and Atomics are used where it says", async () => {
  let folder = "";
  for (const [folders, names] of (await Document.read(".github/architecture/engines.md")).table("folder")) {
    folder = spans(folders)[0] ?? folder;
    for (const name of spans(names)) assert.ok(files.includes(`src/engine/linux/${folder}${name}`), folder + name);
  }
  const [sentence] = /Only `src\/table` uses `Atomics`.*?\n\n/s.exec(
    (await Document.read(".github/architecture/table.md")).text,
  )!;
  const named = spans(sentence).filter((span) => span.startsWith("src/"));
  const using = production.filter((_, i) => /\bAtomics\b/.test(code[i]));
  for (const file of using) assert.ok(named.some((path) => file === path || file.startsWith(`${path}/`)), file);
  for (const path of named) assert.ok(using.some((file) => file.startsWith(path)), path);
});

Deno.test("CONTRIBUTING: the table of tests has each folder once", () => {
  const folders = new Set(files.filter((file) => /^tests\/\w+\//.test(file)).map((file) => `${file.split("/")[1]}/`));
  assert.deepEqual(CONTRIBUTING.table("folder").flatMap(([name]) => spans(name)).sort(), [...folders].sort());
});

Deno.test("options that documents name exist", () => {
  // Options of Deno, `deno test`, `task demo`, `task bench` and docker.
  const foreign = /^--(allow-\w+|parallel|stay|quick|time)$/;
  const unknown: string[] = [], commanded = commands.flatMap(({ parameters }) => parameters.match(/--[a-z-]+/g) ?? []);
  for (const document of documents) {
    for (const span of document.spans) {
      for (const [option, name] of span.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)) {
        const known = optionList.some(([, record]) => record.name === name || negativeName(record) === name);
        // What negative forms begin with.
        if (name === "no-" || known || foreign.test(option) || commanded.includes(option)) continue;
        unknown.push(`${document.name}: ${span}`);
      }
    }
  }
  assert.deepEqual(unknown, []);
});

Deno.test("FAULTS: the default of --max-connections is as many clients as it says", () => {
  const [, limit, portable, numbers, threads] =
    /with a limit of (\d+) that is (\d+) for the portable engine, and ([\d, and]+) with ([\d, and]+) threads/.exec(
      FAULTS.text.replaceAll(/\s+/g, " "),
    )!;
  const list = (text: string) => text.match(/\d+/g)!.map(Number);
  const clients = (engine: EngineName, threads: number) =>
    descriptorShares(engine, threads, Number(limit), 0).connections;
  assert.equal(clients("portable", 1), Number(portable));
  assert.deepEqual(list(threads).map((count) => clients("linux", count)), list(numbers));
});

Deno.test("FAULTS: the page has the scenarios of every file", async () => {
  const report = await Deno.readTextFile(new URL("tests/faults/report.ts", root));
  const rows = [.../^const ROWS = \[(.*?)^\]/ms.exec(report)![1].matchAll(/"(\w+)"/g)].map(([, name]) =>
    `tests/faults/${name}_test.ts`
  );
  const withScenarios: string[] = [];
  for (const file of files.filter((file) => /^tests\/faults\/.*_test\.ts$/.test(file))) {
    if (/^export const scenarios\b/m.test(await Deno.readTextFile(new URL(file, root)))) withScenarios.push(file);
  }
  assert.deepEqual(withScenarios.sort(), rows.sort());
});

Deno.test("FAULTS: each scenario has its row", async () => {
  const measured = FAULTS.table("fault").map(([fault]) => fault.replaceAll("**", ""));
  const missing: string[] = [];
  for (const file of files.filter((file) => /^tests\/faults\/.*_test\.ts$/.test(file))) {
    const text = await Deno.readTextFile(new URL(file, root));
    for (const [, plain, template] of text.matchAll(/^ *fault: (?:"(.*)"|`(.*)`),$/gm)) {
      const parts = (plain ?? template).split(/\$\{.*\}/);
      const row = new RegExp(`^${parts.map((part) => part.replaceAll(/\W/g, "\\$&")).join(".*")}$`);
      if (!measured.some((fault) => row.test(fault))) missing.push(`${file}: ${parts.join("…")}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("SECURITY: the bounds of the control socket are those of the program", () => {
  const text = SECURITY.text.replaceAll(/\s+/g, " ");
  for (
    const sentence of [
      `${MOST_SESSIONS} sessions are served at a time and ${MOST_CONNECTIONS} connections held;`,
      `a line has at most ${LONGEST_LINE} bytes;`,
      `ends after ${SILENCE === 300_000 ? "five" : SILENCE / 60_000} minutes.`,
    ]
  ) assert.ok(text.includes(sentence), sentence);
});
