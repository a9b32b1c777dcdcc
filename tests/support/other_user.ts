import { copyTree } from "./copy_tree.ts";
import { program } from "./program.ts";
import { fileURLToPath } from "node:url";
import { type ControlDirectory, temporaryDirectory } from "./temporary_directory.ts";

/** A user that owns nothing; the number is the same on every Linux. */
export const NOBODY = 65534;

/**
 * The program where any user can start it: the Deno that runs the tests, the modules of the program and their packages
 * are copied, because their usual places may be closed to others.
 */
export class SharedProgram implements Disposable {
  readonly #directory: ControlDirectory;

  constructor() {
    this.#directory = temporaryDirectory();
    const { path } = this.#directory, root = fileURLToPath(new URL("../../", import.meta.url));
    Deno.chmodSync(path, 0o755);
    if (Deno.env.has("BALANCE_PROGRAM")) {
      Deno.copyFileSync(program[0], `${path}/balance`);
      Deno.chmodSync(`${path}/balance`, 0o755);
      return;
    }
    Deno.copyFileSync(Deno.execPath(), `${path}/deno`);
    for (const name of ["cli.ts", "deno.json", "deno.lock"]) Deno.copyFileSync(root + name, `${path}/${name}`);
    copyTree(`${root}src`, `${path}/src`);
    Deno.mkdirSync(`${path}/cache`);
    copyTree(`${npmCache()}`, `${path}/cache/npm`, (name) => name !== "fast-check" && name !== "pure-rand");
  }

  /** Words that start the program as user and group `id`, with none of the caller's rights. */
  as(id: number): string[] {
    const { path } = this.#directory;
    const rights = ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--inh-caps=-all"];
    const clean = ["env", "-i", "NO_COLOR=1", `PATH=${Deno.env.get("PATH")}`, `HOME=${path}`, `DENO_DIR=${path}/cache`];
    return [...rights, ...clean, ...this.words];
  }

  /** Words that start the program as whoever starts it. */
  get words(): string[] {
    const { path } = this.#directory;
    if (Deno.env.has("BALANCE_PROGRAM")) return [`${path}/balance`];
    return [`${path}/deno`, "run", "-A", "--quiet", "--cached-only", `${path}/cli.ts`];
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

function npmCache(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}
