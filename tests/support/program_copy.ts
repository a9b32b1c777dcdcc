import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";
import { exists } from "./exists.ts";
import { program } from "./program.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of the program's source, which can be changed while it runs. */
export class ProgramCopy implements Disposable {
  readonly path: string;
  /** Words before the program, which then starts the copy instead. */
  readonly before: readonly string[];
  readonly #directory = temporaryDirectory();

  constructor() {
    this.path = this.#directory.path;
    const copy = new Deno.Command("cp", { args: ["-r", ...FILES.map((name) => root + name), this.path] });
    if (!copy.outputSync().success) throw new Error("Cannot copy the program");
    const script = `shift ${program.length}; exec "${Deno.execPath()}" run -A "${this.path}/cli.ts" "$@"`;
    this.before = ["sh", "-c", script, "sh"];
  }

  /** Puts another text in the place of a file. */
  write(name: string, text: string): void {
    // Replaced as a whole, as an installation does.
    Deno.writeTextFileSync(`${this.path}/${name}.new`, text);
    Deno.renameSync(`${this.path}/${name}.new`, `${this.path}/${name}`);
  }

  /** Changes the one place in a file that has this text. */
  edit(name: string, from: string, to: string): void {
    const parts = Deno.readTextFileSync(`${this.path}/${name}`).split(from);
    if (parts.length !== 2) {
      throw new Error(`Cannot edit ${name}: it has ${JSON.stringify(from)} ${parts.length - 1} times`);
    }
    this.write(name, parts.join(to));
  }

  /** Makes processes that start from now on stop before this text in a file, until `letGo`. */
  holdAt(name: string, before: string): void {
    const { path } = this, there = `(() => { try { return Deno.lstatSync("${path}/go"); } catch { return false; } })()`;
    const wait = `while (!${there}) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);`;
    const tell =
      `Deno.writeTextFileSync("${path}/held.new", String(Deno.pid)); Deno.renameSync("${path}/held.new", "${path}/held");`;
    this.edit(name, before, `${tell} ${wait} ${before}`);
  }

  /** Waits until a process has stopped there. @returns its id */
  async held(): Promise<number> {
    await eventually("a process has come to its stop", () => exists(`${this.path}/held`));
    return Number(Deno.readTextFileSync(`${this.path}/held`));
  }

  /** Lets processes that have stopped go on. */
  letGo(): void {
    this.write("go", "");
  }

  /** Makes it another version. */
  setVersion(version: string): void {
    const configuration = JSON.parse(Deno.readTextFileSync(`${this.path}/deno.json`));
    this.write("deno.json", JSON.stringify({ ...configuration, version }));
  }

  /** Makes it the program again. */
  restore(name: string): void {
    this.write(name, Deno.readTextFileSync(root + name));
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

const FILES = ["cli.ts", "deno.json", "deno.lock", "src"];
