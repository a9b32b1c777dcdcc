// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Compiles `cli.ts` into self-contained programs in `dist/`, with their SHA-256 sums in `dist/SHA256SUMS`.
 *
 * ```sh
 * deno task compile                                   # for this machine
 * deno task compile --target aarch64-apple-darwin     # for another one; may be repeated
 * deno task compile:all                               # for all six
 * ```
 *
 * `DENORT_BIN` names a `denort` to build on in place of the one that Deno downloads; it serves one target only.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Every target a release has. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
] as const;

/**
 * What the program may do, fixed when it is compiled.
 *
 * Everything, because Deno opens files below `/proc` only to a program that may do everything: the limits of descriptors
 * and memory are read there. Nothing is given away by that: FFI alone, which reaches libc for the engine, the system log
 * and the control socket's owner, could do all the rest, so a list of permissions would be no sandbox (a container or
 * systemd unit is). A permission that is missing all the same is an error at once, not a question on the terminal
 * (`--no-prompt`).
 */
const PERMISSIONS = ["--allow-all", "--no-prompt"];

const root = new URL("../../", import.meta.url);

/** The modules that start a thread. Nothing imports them, so each must be named to be embedded. */
export async function workerModules(folder = new URL("src/", root)): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) found.push(...await workerModules(new URL(`${entry.name}/`, folder)));
    else if (entry.name === "worker.ts") found.push(new URL(entry.name, folder).href.slice(root.href.length));
  }
  return found.sort();
}

/** Modules that are imported by names that Deno does not see (`importLater`), each with all that it imports. */
const LATER = ["src/cli/actions.ts", "src/program/kept_modules.ts"];

/** The files of the page. Nothing imports those either: they are for browsers. */
export async function pageFiles(): Promise<string[]> {
  const folder = "src/views/web/page/", found: string[] = [];
  for await (const { name } of Deno.readDir(new URL(folder, root))) {
    if (!name.endsWith("_test.ts")) found.push(folder + name);
  }
  return found.sort();
}

/** The name of the program for one target: `balance-0.1.0-x86_64-pc-windows-msvc.exe`. */
export function programName(version: string, target: string): string {
  return `balance-${version}-${target}${target.includes("windows") ? ".exe" : ""}`;
}

async function compile(target: string, output: URL): Promise<void> {
  const include = [...LATER, ...await workerModules(), ...await pageFiles()].flatMap((file) => ["--include", file]);
  const { success, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      "compile",
      "--quiet",
      "--frozen",
      "--no-check", // `deno task ok` has the type check.
      // The cache would be a file of a guessable name in a directory anyone may write to.
      "--no-code-cache",
      ...await supported("--exclude-unused-npm"),
      ...PERMISSIONS,
      ...include,
      "--target",
      target,
      "--output",
      fileURLToPath(output),
      "cli.ts",
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return;
  const text = new TextDecoder();
  const said = (text.decode(stdout) + text.decode(stderr)).split("Stack backtrace:")[0].trim();
  const reason = /denort-\S+\.zip\): |denort.*not (be )?found/i.test(said)
    ? `denort of Deno ${Deno.version.deno} cannot be downloaded; set DENORT_BIN to one that is already here`
    : `deno compile ended with code ${code}`;
  throw new Error(`cannot compile for ${target}: ${reason}\n${said.replace(/^/gm, "  | ")}`);
}

/** The option, if this Deno knows it. Older ones embed every package of the lock file, which only costs bytes. */
async function supported(option: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["compile", "--help"], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).includes(option) ? [option] : [];
}

async function sha256(file: URL): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await Deno.open(file)).readable) hash.update(chunk);
  return hash.digest("hex");
}

/** Lists every program in the folder, also those of earlier runs, so that no sum is outdated. */
async function writeSums(folder: URL): Promise<void> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (entry.name.startsWith("balance-")) names.push(entry.name);
  if (names.length === 0) return;
  const lines = await Promise.all(
    names.sort().map(async (name) => `${await sha256(new URL(name, folder))}  ${name}\n`),
  );
  await Deno.writeTextFile(new URL("SHA256SUMS", folder), lines.join(""));
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      all: { type: "boolean", default: false },
      target: { type: "string", multiple: true, default: [] },
      output: { type: "string", default: "dist" },
    },
  });
  const targets = values.all ? [...TARGETS] : values.target.length > 0 ? values.target : [Deno.build.target];
  const unknown = targets.find((target) => !(TARGETS as readonly string[]).includes(target));
  if (unknown !== undefined) throw new Error(`unknown target ${unknown}: choose from ${TARGETS.join(", ")}`);

  if (targets.length > 1 && Deno.env.has("DENORT_BIN")) {
    throw new Error("DENORT_BIN is for one target; name it with --target");
  }

  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const folder = new URL(`${values.output}/`, root);
  await Deno.mkdir(folder, { recursive: true });
  const failures: unknown[] = [];
  for (const [index, target] of targets.entries()) {
    const name = programName(version, target);
    console.log(`[${index + 1}/${targets.length}] ${name}`);
    try {
      await compile(target, new URL(name, folder));
      const { size } = await Deno.stat(new URL(name, folder));
      console.log(`      ${(size / 1e6).toFixed(1)} MB`);
    } catch (error) {
      failures.push(error);
      console.error((error as Error).message);
    }
  }
  await writeSums(folder);
  if (failures.length > 0) {
    console.error(`${failures.length} of ${targets.length} targets failed`);
    return 1;
  }
  console.log(`sums in ${values.output}/SHA256SUMS`);
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
