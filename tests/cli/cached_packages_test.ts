/** From source the program needs its own packages, not those of the tests. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CollectedText } from "../support/collected_text.ts";
import { freePort } from "../support/free_port.ts";
import { condition, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fromSource = condition(!Deno.env.has("BALANCE_PROGRAM"), "a compiled program has its packages in it");

/** The packages that the program imports: all but the tests' own. */
const PACKAGES = ["@logtape/logtape"];

for (const engine of ["portable", "linux"]) {
  testWith([linux, fromSource], `the ${engine} engine starts with a read-only cache of its own packages`, async () => {
    using directory = temporaryDirectory();
    const cache = `${directory.path}/cache`;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
    const [registry] = [...Deno.readDirSync(npmCache)].filter(({ isDirectory }) => isDirectory);
    for (const name of PACKAGES) {
      await shell(`mkdir -p "$2" && cp -r "$1" "$2"`, ...places(npmCache, cache, registry, name));
    }
    await shell(`chmod -R a-w "$1"`, cache);
    const child = new Deno.Command(Deno.execPath(), {
      cwd: root,
      args: ["run", "-A", "--cached-only", "--frozen", "cli.ts", "-f", "--engine", engine, "-b", "127.0.0.1"]
        .concat("--control-dir", directory.path, String(freePort()), "127.0.0.1:1"),
      env: { DENO_DIR: cache, NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const stderr = new CollectedText(child.stderr);
    try {
      await stderr.until(" listens on ");
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 0);
    } finally {
      await stderr.ended;
      await shell(`chmod -R u+w "$1"`, cache);
    }
  });
}

function places(from: string, to: string, registry: Deno.DirEntry, name: string): [string, string] {
  const folder = `${registry.name}/${name}`;
  return [`${from}/${folder}`, `${to}/npm/${folder.replace(/\/[^/]+$/, "")}`];
}

async function shell(script: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: ["-c", script, "sh", ...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
