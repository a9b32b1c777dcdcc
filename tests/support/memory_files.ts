import { FileProblem, type FileReader } from "../../src/options/service_file.ts";

/** Files that exist in memory, for tests. A pattern is the name of one file. */
export class MemoryFiles implements FileReader {
  readonly #files: Readonly<Record<string, string | Uint8Array>>;

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    this.#files = files;
  }

  read(path: string): Uint8Array {
    this.identity(path);
    const file = this.#files[path];
    return typeof file === "string" ? new TextEncoder().encode(file) : file;
  }

  expand(pattern: string): readonly string[] {
    return [pattern];
  }

  identity(path: string): string {
    if (!Object.hasOwn(this.#files, path)) {
      throw new FileProblem(`cannot read ${JSON.stringify(path)}: there is no such file`);
    }
    return path;
  }
}
