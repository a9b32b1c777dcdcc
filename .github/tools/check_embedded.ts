// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Checks that a compiled program contains what it needs and nothing else: `check_embedded.ts PROGRAM`.
 *
 * The expectation does not come from `compile.ts`: modules are what `deno info` finds below `cli.ts`, and below every
 * file that such a module names by `new URL("./….ts", import.meta.url)`, as a worker is named. A folder that is named so
 * is one of files for browsers.
 */
import process from "node:process";
import { embeddedFiles } from "./embedded_files.ts";

/** The npm packages that are shipped. A new one must be added here and in the README. */
const PACKAGES = ["@logtape/logtape", "uplot"];
/** Bytes, well above today's figures: a program that grows past them embeds something it should not. */
const OWN_LIMIT = 6_000_000, TOTAL_LIMIT = 7_800_000;

const root = new URL("../../", import.meta.url);
const NODE_MODULES = ".deno_compile_node_modules/localhost/";

interface Info {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    /** Key of an npm package, if the module is one. */
    readonly npmPackage?: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Keys of the packages that it needs. */
  readonly dependencies: readonly string[];
}

async function info(entry: string): Promise<Info> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: ["info", "--json", entry],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`deno info ${entry}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Every local module the program can load, and the npm packages they import. */
async function expected(): Promise<{ modules: Set<string>; packages: Set<string> }> {
  const modules = new Set<string>(), packages = new Set<string>();
  const entries = [new URL("cli.ts", root).href];
  for (const entry of entries) {
    const graph = await info(entry);
    const reached = loaded(graph);
    for (const { name, version } of npmPackages(graph, reached)) packages.add(`${name}/${version}`);
    for (const specifier of reached) {
      if (!specifier.startsWith(root.href) || modules.has(specifier)) continue;
      modules.add(specifier);
      const source = await Deno.readTextFile(new URL(specifier));
      for (const [, file] of source.matchAll(/new URL\(\s*"([^"]+\.ts)",\s*import\.meta\.url/g)) {
        const worker = new URL(file, specifier).href;
        if (!entries.includes(worker)) entries.push(worker);
      }
      for (const [, folder] of source.matchAll(/new URL\(\s*"(\.\/\w+\/)",\s*import\.meta\.url/g)) {
        const place = new URL(folder, specifier);
        for await (const { name } of Deno.readDir(place)) {
          if (!name.endsWith("_test.ts")) modules.add(new URL(name, place).href);
        }
      }
    }
  }
  return { modules: new Set([...modules].map((module) => module.slice(root.href.length))), packages };
}

/** The modules of a graph that run. Those imported for their types alone are gone once compiled. */
function loaded({ roots, redirects, modules }: Info): Set<string> {
  const found = new Set(roots);
  for (const specifier of found) {
    const module = modules.find((one) => one.specifier === specifier);
    if (module?.error !== undefined) throw new Error(`deno info ${specifier}: ${module.error}`);
    for (const { code } of module?.dependencies ?? []) {
      if (code?.specifier !== undefined) found.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return found;
}

/** The npm packages among the modules of a graph, and those that they need. */
function npmPackages({ modules, npmPackages }: Info, reached: Set<string>): NpmPackage[] {
  const keys = new Set(modules.flatMap((module) => reached.has(module.specifier) ? module.npmPackage ?? [] : []));
  for (const key of keys) npmPackages[key].dependencies.forEach((dependency) => keys.add(dependency));
  return [...keys].map((key) => npmPackages[key]);
}

async function check(program: string): Promise<string[]> {
  const faults: string[] = [];
  const { files, bytes, metadata } = embeddedFiles(await Deno.readFile(program));
  const { modules, packages } = await expected();

  const own = files.filter(({ path }) => !path.startsWith(NODE_MODULES));
  const names = new Set(own.map(({ path }) => path));
  for (const module of modules) if (!names.has(module)) faults.push(`missing module: ${module}`);
  for (const name of names) if (!modules.has(name)) faults.push(`embedded, but not a module of the program: ${name}`);

  const embedded = new Set(
    files.filter((file) => !own.includes(file)).map(({ path }) => packageOf(path.slice(NODE_MODULES.length))),
  );
  for (const name of packages) if (!embedded.has(name)) faults.push(`missing package: ${name}`);
  for (const name of embedded) if (!packages.has(name)) faults.push(`embedded, but not imported: ${name}`);
  for (const name of embedded) {
    if (!PACKAGES.includes(name.slice(0, name.lastIndexOf("/")))) faults.push(`not a package to ship: ${name}`);
  }

  if (metadata.entrypoint_key !== "cli.ts") faults.push(`starts ${metadata.entrypoint_key}, not cli.ts`);
  if (metadata.permissions.prompt) faults.push("may ask for a permission on the terminal");
  if (metadata.code_cache_key !== null) faults.push("keeps a code cache in the temporary directory");

  const ownBytes = own.reduce((sum, file) => sum + file.bytes, 0);
  if (ownBytes > OWN_LIMIT) faults.push(`its own modules take ${ownBytes} bytes, more than ${OWN_LIMIT}`);
  if (bytes > TOTAL_LIMIT) faults.push(`${bytes} bytes are embedded, more than ${TOTAL_LIMIT}`);
  console.log(
    `${own.length} modules (${ownBytes} bytes with code and source maps), packages ${[...embedded].join(", ")}; ` +
      `${bytes} bytes embedded in all`,
  );
  return faults;
}

/** `@scope/name/version` of a path below the folder of packages. */
function packageOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("@") ? 3 : 2).join("/");
}

if (import.meta.main) {
  try {
    const faults = await check(Deno.args[0]);
    for (const fault of faults) console.error(fault);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
