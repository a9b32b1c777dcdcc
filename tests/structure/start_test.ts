/** What Deno reads before the program starts: every file that a literal name leads to, whether it runs or not. */
import assert from "node:assert/strict";
import { modulesOf, path, root } from "./modules.ts";
import { sources } from "./sources.ts";

/** Files of the project; each one costs some 0.07 ms and 10 KB at every start. A little above today's figure. */
const MOST = 474;

/** What a process can only be asked for when it starts, or when its file of services is read again. */
const LATER =
  /^src\/(cli\/(?!(main|help)\.ts)|engine\/linux\/(main|linux)|health\/|names\/|options\/(completions|service_file)|program\/(config|http_views|kept_modules|web)\b|service\/(health\/health|kept_modules|reload\/reload)\.ts|views\/(connection_log|http|top|web)\/)/;

/** What an operator or a failure may need at any time, even if the files are gone by then. */
const AT_ANY_TIME = [
  "control/show_answer",
  "service/explanation/why",
  "views/failures/failures",
  "views/hints/hint_watch",
  "views/metrics/metrics",
];

/** The project's files that an entry leads to by names that Deno sees; imports of types are none. */
async function readBefore(entry: string): Promise<Set<string>> {
  const modules = new Map((await modulesOf(entry)).map((module) => [module.specifier, module]));
  const read = new Set([new URL(entry, root).href]);
  for (const specifier of read) {
    for (const { code } of modules.get(specifier)?.dependencies ?? []) {
      if (code?.specifier?.startsWith(root.href)) read.add(code.specifier);
    }
  }
  return new Set([...read].map(path));
}

Deno.test("before it serves, the program reads what it may need later and nothing else", async () => {
  const read = await readBefore("cli.ts");
  assert.deepEqual([...read].filter((file) => LATER.test(file)), []);
  assert.ok(read.size <= MOST, `${read.size} files are read, more than ${MOST}`);
  for (const file of AT_ANY_TIME) assert.ok(read.has(`src/${file}.ts`), `${file} is not read`);
});

Deno.test("what is imported later has the type of its file, and is kept for those who may need it", async () => {
  const program = await readBefore("src/program/kept_modules.ts"), library = await readBefore("mod.ts");
  const name = String.raw`"([^"]+\.ts)"`;
  const site = new RegExp(
    String.raw`importLater<typeof import\(${name}\)>\(\s*(?:new URL\(${name}, import\.meta\.url\)|file),?\s*\)`,
    "g",
  );
  let sites = 0;
  for await (const file of sources("src/")) {
    if (file.endsWith("_test.ts") || file === "src/process/import_later.ts") continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const found = [...text.matchAll(site)];
    assert.equal(found.length, text.split("importLater<").length - 1, `${file} imports later in another form`);
    for (const [, type, value = new RegExp(String.raw`const file = new URL\(${name}`).exec(text)?.[1]] of found) {
      assert.equal(value, type, file);
      const target = path(new URL(type, new URL(file, root)).href);
      if (!file.startsWith("src/cli/")) assert.ok(program.has(target), `the program does not keep ${target}`);
      if (file.startsWith("src/service/")) assert.ok(library.has(target), `the library does not have ${target}`);
      sites++;
    }
  }
  assert.ok(sites >= 9, `${sites} were found`);
});
