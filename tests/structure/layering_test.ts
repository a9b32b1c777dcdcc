import assert from "node:assert/strict";
import { modulesOf, path, root } from "./modules.ts";
import { sources } from "./sources.ts";

/** What each folder of `src/` may import, besides itself. Arrows point down only; engine and control never meet. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  table: [],
  log: [],
  preamble: ["table"],
  access: ["table"],
  options: ["access", "preamble", "table", "log"],
  selection: ["access", "preamble", "table"],
  process: ["table", "log"],
  files: ["options", "process", "log"],
  engine: ["access", "options", "preamble", "selection", "table"],
  groups: ["access", "options", "preamble", "selection", "state", "table"],
  health: ["options", "preamble", "selection", "table", "log"],
  state: ["access", "log"],
  control: ["access", "groups", "options", "state", "table", "log"],
  views: ["access", "groups", "options", "selection", "state", "table", "log"],
  names: ["table"],
  service: [
    "access",
    "engine",
    "groups",
    "health",
    "names",
    "options",
    "preamble",
    "process",
    "selection",
    "state",
    "table",
    "views",
    "log",
  ],
  library: ["access", "engine", "groups", "options", "selection", "service", "state", "views", "log"],
  program: ["control", "engine", "files", "options", "process", "service", "state", "table", "views", "log"],
  cli: ["control", "files", "names", "options", "process", "program", "service", "state", "table", "views", "log"],
};

/** Every import of every module that the program or the library is made of, as paths from the root. */
async function imports(): Promise<[from: string, to: string][]> {
  const found: [string, string][] = [];
  for (const entry of ["cli.ts", "mod.ts"]) {
    const modules = await modulesOf(entry);
    for (const { specifier, dependencies } of modules.filter((module) => module.specifier.startsWith(root.href))) {
      for (const { code, type } of dependencies ?? []) {
        const target = code?.specifier ?? type?.specifier ?? "";
        if (target.startsWith(root.href)) found.push([path(specifier), path(target)]);
      }
    }
  }
  return found;
}

const layer = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];

Deno.test("imports point down the layers only", async () => {
  const all = await imports();
  assert.ok(all.length > 50, `only ${all.length} imports were found`);
  const wrong = all.filter(([from, to]) => {
    const above = layer(from), below = layer(to);
    if (above === undefined || below === undefined) return above !== undefined && to !== "deno.json";
    return above !== below && !MAY_IMPORT[above]?.includes(below);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("control changes channels only through the model", async () => {
  const past = (await imports()).filter(([from, to]) => layer(from) === "control" && to === "src/table/table.ts");
  assert.deepEqual(past, []);
});

/** What no process loads before a service asks for it, by where it starts. */
const ON_DEMAND: Readonly<Record<string, RegExp>> = {
  "src/engine/portable/portable.ts":
    /^src\/(access\/(access|networks_builder)|engine\/(reception|prelude|unique_ids)|engine\/portable\/(intake\.|introduction|pace_line)|preamble\/|table\/clients\/(accept_rate|client_|pace))/,
  "src/engine/linux/thread/worker.ts":
    /^src\/(access\/(access|networks_builder)|engine\/(reception|prelude|unique_ids)|engine\/linux\/(arrival\/(greetings|intake|partings|receptions)|dialing\/preludes)|preamble\/|table\/(clients\/(accept_rate|client_|pace)|records\/record_r(eader|ings)))/,
  "src/engine/linux/linux.ts":
    /^src\/(access\/(access|networks_builder)|preamble\/|table\/(clients\/(accept_rate|client_|pace)|sticky\/sticky))/,
  "src/program/equip.ts":
    /^src\/(process\/access\.ts|views\/(?!failures\/failures_on_demand)|program\/(http_views|process_figures))/,
  "src/program/start_program.ts":
    /^src\/(access\/(access|networks_builder)|health\/|names\/|preamble\/|selection\/explanation\/|service\/(access\/(counted_clients|drafted_access|network_files|operator|service_access)|explanation\/|reload\/)|table\/(clients\/(accept_rate|client_|pace)|sticky\/sticky))/,
};

Deno.test("what only some services need is loaded only where a service asks for it", async () => {
  for (const [entry, onDemand] of Object.entries(ON_DEMAND)) {
    const modules = new Map((await modulesOf(entry)).map((module) => [module.specifier, module]));
    const loaded = new Set<string>(), next = [new URL(entry, root).href];
    for (let specifier = next.pop(); specifier !== undefined; specifier = next.pop()) {
      if (loaded.has(specifier)) continue;
      loaded.add(specifier);
      for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
        if (code?.specifier !== undefined && isDynamic !== true) next.push(code.specifier);
      }
    }
    assert.ok(loaded.size > 20, `${entry} loads only ${loaded.size} modules`);
    assert.deepEqual([...loaded].map(path).filter((file) => onDemand.test(file)), [], entry);
  }
});

Deno.test("each third-party package is imported in one layer", async () => {
  const layers = new Map<string, Set<string>>();
  for await (const file of sources("src/")) {
    if (file.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const imports = /^(?:(?:import|export)\s[^;]*?from |.*\bimport\()"(@[^"/]+\/[^"/]+|[a-z][\w-]*)"/gm;
    for (const [, name] of text.matchAll(imports)) {
      layers.set(name, (layers.get(name) ?? new Set()).add(layer(file)!));
    }
  }
  assert.deepEqual([...layers].map(([name, where]) => [name, [...where]]), [
    ["@logtape/logtape", ["log"]],
    ["uplot", ["views"]],
  ]);
});

Deno.test("no file or folder has a meaningless name", async () => {
  const empty = /(^|[/_])(utils?|helpers?|common|core|misc|types|manager)([_./]|$)/;
  const named: string[] = [];
  for (const folder of ["src/", "tests/", ".github/"]) {
    for await (const file of sources(folder)) if (empty.test(file)) named.push(file);
  }
  assert.deepEqual(named, []);
});
