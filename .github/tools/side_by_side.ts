// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Runs test files at the same time, each in a process of its own: `side_by_side.ts [--alone FILE]… FOLDER|FILE…`.
 *
 * Most tests near the system wait for timers and other processes, so that one after another would leave the processors
 * idle. In contrast to `deno test --parallel`, whose threads share a process, a test may count the descriptors, memory
 * and processor time of its own. The files of `--alone` run afterwards with nothing beside them. What a file prints
 * is printed whole: when it has ended, or at the end if it has failed. Ends with code 1 if one has failed.
 *
 * One or two files that fail beside others run once more, alone: what else the machine has to do is no fault of the
 * program. The last lines name them all the same, because there may be one.
 */
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: { alone: { type: "string", multiple: true, default: [] } },
  allowPositionals: true,
});
const alone = new Set(values.alone);
const files = [...new Set(positionals.flatMap(testFiles))].filter((file) => !alone.has(file));
if (files.length === 0) throw new Error("no test files");

/** Files that may fail beside others and be tried once more. */
const MOST_AGAIN = 2;

/** A file that has run. */
interface Run {
  readonly file: string;
  readonly seconds: number;
  readonly success: boolean;
  readonly output: string;
}

const runs: Run[] = [], waiting = files.values();
// One more than there are processors: they mostly wait.
await Promise.all(Array.from({ length: navigator.hardwareConcurrency + 1 }, async () => {
  for (const file of waiting) runs.push(await run(file));
}));
for (const file of alone) runs.push(await run(file));

// What has failed comes last, where it is found.
let failed = runs.filter(({ success }) => !success);
const again = failed.length <= MOST_AGAIN ? failed : [];
for (const { file, output } of failed) {
  await print(again.length === 0 ? output : output.replace(/^FAILED \|/m, "first try |"));
  if (again.length > 0) console.log(`\nonce more, alone: ${file}`);
}
if (again.length > 0) {
  const second = [];
  for (const { file } of again) second.push(await run(file));
  failed = second.filter(({ success }) => !success);
  for (const { output } of failed) await print(output);
}

console.log("\nlongest:");
for (const { file, seconds } of runs.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5)) {
  console.log(`${seconds.toFixed(0).padStart(5)} s  ${file}`);
}
for (const { file } of again) {
  if (!failed.some((one) => one.file === file)) console.log(`failed beside others, but not alone: ${file}`);
}
console.log(`${runs.length} files, ${failed.length} failed${failed.map(({ file }) => `\n  ${file}`).join("")}`);
Deno.exit(failed.length === 0 ? 0 : 1);

/** The test files in a folder and below, by name; a file is itself. */
function testFiles(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return [...Deno.readDirSync(path)].toSorted((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, isDirectory }) =>
    isDirectory ? testFiles(`${path}/${name}`) : name.endsWith("_test.ts") ? [`${path}/${name}`] : []
  );
}

/** Runs a file, and prints what it says unless it fails. */
async function run(file: string): Promise<Run> {
  const start = performance.now(), decoder = new TextDecoder();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "-A", file],
    stdin: "null",
  }).output();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  if (success) await print(output);
  return { file, seconds: (performance.now() - start) / 1000, success, output };
}

/** Prints all of a text, however slowly it is read. */
async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
