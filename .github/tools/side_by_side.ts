// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Runs test files at the same time, each in a process of its own: `side_by_side.ts [--alone FILE]… FOLDER|FILE…`.
 *
 * Most tests near the system wait for timers and other processes, so that one after another would leave the processors
 * idle. In contrast to `deno test --parallel`, whose threads share a process, a test may count the descriptors, memory
 * and processor time of its own. The files of `--alone` run afterwards with nothing beside them. What a file prints
 * is printed whole when it has ended. Ends with code 1 if one has failed.
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

const results: { file: string; seconds: number; failed: boolean }[] = [];
const waiting = files.values();
// One more than there are processors: they mostly wait.
await Promise.all(Array.from({ length: navigator.hardwareConcurrency + 1 }, async () => {
  for (const file of waiting) await run(file);
}));
for (const file of alone) await run(file);

console.log("\nlongest:");
for (const { file, seconds } of results.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5)) {
  console.log(`${seconds.toFixed(0).padStart(5)} s  ${file}`);
}
const failed = results.filter((result) => result.failed);
console.log(`${results.length} files, ${failed.length} failed${failed.map(({ file }) => `\n  ${file}`).join("")}`);
Deno.exit(failed.length === 0 ? 0 : 1);

/** The test files in a folder and below, by name; a file is itself. */
function testFiles(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return [...Deno.readDirSync(path)].toSorted((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, isDirectory }) =>
    isDirectory ? testFiles(`${path}/${name}`) : name.endsWith("_test.ts") ? [`${path}/${name}`] : []
  );
}

async function run(file: string): Promise<void> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "-A", file],
    stdin: "null",
  }).output();
  results.push({ file, seconds: (performance.now() - start) / 1000, failed: !success });
  await Deno.stdout.write(stdout);
  await Deno.stderr.write(stderr);
}
