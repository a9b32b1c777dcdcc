import { fileURLToPath } from "node:url";
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
