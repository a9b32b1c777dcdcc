import { fileURLToPath } from "node:url";
import { exists } from "./exists.ts";
import { program } from "./program.ts";
import { installed, type Requirement, root, succeeds } from "./requirements.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Root's rights, and setpriv(1) to drop them. */
export const otherUsers: Requirement = {
  met: root.met && installed("setpriv").met,
  reason: "needs root and setpriv",
};

/**
 * Lets tests that run as root start programs as other users, who need nothing but a number. They share a directory,
 * `path`, writable by all with the sticky bit, like `/tmp`. It holds copies of files that only root could reach.
 */
export class OtherUsers implements Disposable {
  readonly #directory = temporaryDirectory();
  /** The words that start the program as these users. */
  readonly #program: readonly string[];
  readonly #deno: string;

  constructor() {
    Deno.chmodSync(this.path, 0o1777);
    this.#deno = this.#copy(Deno.execPath(), "deno");
    this.#program = Deno.env.has("BALANCE_PROGRAM") ? [this.#copy(program[0], "balance"), ...program.slice(1)] : [
      ...[this.#deno, "run", "-A", this.#copySources()],
    ];
  }

  get path(): string {
    return this.#directory.path;
  }

  /** Words that run the program as this user; for `before` of `run` and `Instance.start`. */
  before(uid: number): string[] {
    return this.#exec([...this.#become(uid), ...this.#program]);
  }

  /** Words that run the program as root, who is to become this user. */
  beforeBecoming(uid: number): string[] {
    return this.#exec([...this.#environment(uid), ...this.#program]);
  }

  /** The program's own words are replaced by those that this user can reach. */
  #exec(words: readonly string[]): string[] {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    return ["sh", "-c", `cd '${this.path}'; shift ${program.length}; exec ${quoted} "$@"`, "sh"];
  }

  /** Runs JavaScript as this user. @returns what it printed, errors included */
  async evaluate(uid: number, code: string): Promise<string> {
    const [command, ...args] = [...this.#become(uid), this.#deno, "eval", code];
    const { stdout, stderr } = await new Deno.Command(command, { args, cwd: this.path }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  #become(uid: number): string[] {
    const rights = ["--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups", "--inh-caps=-all"];
    return ["setpriv", ...rights, ...this.#environment(uid)];
  }

  #environment(uid: number): string[] {
    const environment = [`HOME=${this.path}/home-${uid}`, `DENO_DIR=${this.path}/deno-${uid}`, `TMPDIR=${this.path}`];
    const cache = `${this.path}/deno-${uid}`;
    if (!exists(cache)) this.#makeCache(cache, uid);
    return ["env", "-u", "XDG_RUNTIME_DIR", "NO_COLOR=1", ...environment];
  }

  /** A cache for this user that holds the packages, since the machine may have no network. */
  #makeCache(path: string, uid: number): void {
    const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
    const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
    Deno.mkdirSync(path);
    shell("cp", "-r", npmCache, `${path}/npm`);
    shell("chown", "-R", `${uid}:${uid}`, path);
  }

  #copySources(): string {
    const path = `${this.path}/program`;
    Deno.mkdirSync(path);
    for (const name of ["cli.ts", "deno.json", "deno.lock", "src"]) shell("cp", "-r", ROOT + name, `${path}/${name}`);
    shell("chmod", "-R", "a+rX", path);
    return `${path}/cli.ts`;
  }

  #copy(file: string, name: string): string {
    const copy = `${this.path}/${name}`;
    Deno.copyFileSync(file, copy);
    Deno.chmodSync(copy, 0o755);
    return copy;
  }
}

function shell(command: string, ...args: string[]): void {
  if (!succeeds(command, args)) throw new Error(`Cannot run ${command} ${args.join(" ")}`);
}
