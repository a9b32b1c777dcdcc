/** Which task runs which tests. */
import assert from "node:assert/strict";
import { Document } from "./document.ts";
import { sources } from "./sources.ts";

/** A `deno test` or `side_by_side.ts` of a task: what it runs and what it leaves to others. */
interface Run {
  readonly paths: readonly string[];
  readonly ignored: readonly string[];
}

const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);

/** The test runs of a task and of those that it calls. */
function runsOf(task: string): Run[] {
  return tasks[task].command.split(" && ").flatMap((command) => {
    const called = /^deno task (\S+)$/.exec(command);
    if (called) return runsOf(called[1]);
    if (!/(^| )deno (test|run -A \S+\/side_by_side\.ts) /.test(command) || command.includes(" --doc ")) return [];
    const words = command.split(" ");
    const ignored = words.flatMap((word) => word.startsWith("--ignore=") ? word.slice(9).split(",") : []);
    return [{ paths: words.filter((word) => /^(src|tests)\b/.test(word)), ignored }];
  });
}

const inside = (file: string) => (path: string) => file === path || file.startsWith(`${path}/`);

Deno.test("task ok runs every test file once", async () => {
  const runs = runsOf("ok"), wrong: string[] = [];
  for (const folder of ["src/", "tests/"]) {
    for await (const file of sources(folder)) {
      if (!file.endsWith("_test.ts")) continue;
      const times = runs.filter(({ paths, ignored }) => paths.some(inside(file)) && !ignored.some(inside(file))).length;
      if (times !== 1) wrong.push(`${file}: ${times} times`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("task test runs the examples of every document that has some", async () => {
  const [, paths] = / --doc (.*?)(?: &&|$)/.exec(tasks.test.command)!, run = paths.split(" ");
  const withExamples = (await Document.readAll()).filter(({ text }) => /^```(?:ts|js)$/m.test(text));
  assert.ok(withExamples.length > 1);
  assert.deepEqual(withExamples.map(({ name }) => name).filter((name) => !run.some(inside(name))), []);
});
