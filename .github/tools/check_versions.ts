// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Checks that one version of Deno is used: the one in `.dvmrc`. Scripts read that file; where a version has to be
 * written out (commands for people to copy), it must be the same, and so must the Deno that runs this.
 */
import process from "node:process";

const root = new URL("../../", import.meta.url);
const pinned = (await Deno.readTextFile(new URL(".dvmrc", root))).trim();
const faults: string[] = [];

if (!/^\d+\.\d+\.\d+$/.test(pinned)) faults.push(`.dvmrc: ${JSON.stringify(pinned)} is not a version`);
if (Deno.version.deno !== pinned) faults.push(`this is Deno ${Deno.version.deno}, .dvmrc says ${pinned}`);

let count = 0;
for (
  const file of await files(
    ["README.md", "CHANGELOG.md", "Dockerfile", "deno.json", "tests/demo.ts"],
    "docs/",
    ".github/",
    ".ci/",
  )
) {
  const lines = (await Deno.readTextFile(new URL(file, root))).split("\n");
  for (const [index, line] of lines.entries()) {
    for (const [, version] of line.matchAll(/\bdeno@v?(\d[\w.-]*)/g)) {
      count++;
      if (version !== pinned) faults.push(`${file}:${index + 1}: deno@${version}, .dvmrc says ${pinned}`);
    }
  }
}
// The README's commands carry it; fewer mean that this looks in the wrong place.
if (count < 2) faults.push(`found ${count} written versions, expected those of the README`);
console.log(`Deno ${pinned}, written out in ${count} places`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

async function files(names: string[], ...folders: string[]): Promise<string[]> {
  const found = [...names];
  for (const folder of folders) {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (entry.isDirectory) found.push(...await files([], `${folder}${entry.name}/`));
      else found.push(folder + entry.name);
    }
  }
  return found;
}
