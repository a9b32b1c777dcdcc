/** How much memory the control group allows this process and its neighbours in it, and how much they use, in bytes. */
export interface MemoryUse {
  readonly limit: number;
  /** Without the pages of files, which the kernel frees before it kills. */
  readonly used: number;
}

/** Names of a group's files in the two versions of control groups (the kernel's cgroup-v2.rst and memory.rst). */
interface Files {
  readonly limit: string;
  readonly used: string;
  /** Pages of files: those used lately and those not. Files in memory only (tmpfs) are not among them. */
  readonly cache: RegExp;
}

const V2: Files = { limit: "memory.max", used: "memory.current", cache: /^(?:in)?active_file (\d+)$/gm };
const V1: Files = {
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  cache: /^total_(?:in)?active_file (\d+)$/gm,
};

/** Version 1 says "no limit" with a number next to 2^63. */
const UNLIMITED = 2 ** 60;

/** The memory limit of the control group that this process runs in, or of one above it. */
export class MemoryLimit {
  readonly #directories: readonly string[];
  readonly #files: Files;
  readonly #read: (path: string) => string;

  private constructor(directories: readonly string[], files: Files, read: (path: string) => string) {
    this.#directories = directories;
    this.#files = files;
    this.#read = read;
  }

  /**
   * Finds the limit; undefined where there is none, as on systems without control groups. Never throws.
   *
   * @param read reads a file of the system, for tests
   */
  static find(read: (path: string) => string = Deno.readTextFileSync): MemoryLimit | undefined {
    let groups: string;
    try {
      groups = read("/proc/self/cgroup");
    } catch {
      return undefined;
    }
    const v1 = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(groups), v2 = /^0::(.*)$/m.exec(groups);
    const places: [string, string, Files][] = [
      ...v1 ? [["/sys/fs/cgroup/memory", v1[1], V1] as [string, string, Files]] : [],
      ...v2 ? [["/sys/fs/cgroup", v2[1], V2] as [string, string, Files]] : [],
    ];
    for (const [root, path, files] of places) {
      const limit = new MemoryLimit(upwards(root, path), files, read);
      if (limit.look() !== undefined) return limit;
    }
    return undefined;
  }

  /** Use and limit of the group that has the least left; undefined when no limit is set any more. */
  look(): MemoryUse | undefined {
    let tightest: MemoryUse | undefined;
    for (const directory of this.#directories) {
      const use = this.#useOf(directory);
      if (use === undefined) continue;
      if (tightest === undefined || use.limit - use.used < tightest.limit - tightest.used) tightest = use;
    }
    return tightest;
  }

  #useOf(directory: string): MemoryUse | undefined {
    try {
      const limit = Number(this.#read(`${directory}/${this.#files.limit}`));
      if (!(limit < UNLIMITED)) return undefined;
      const used = Number(this.#read(`${directory}/${this.#files.used}`));
      let cache = 0;
      for (const [, bytes] of this.#read(`${directory}/memory.stat`).matchAll(this.#files.cache)) {
        cache += Number(bytes);
      }
      return { limit, used: Math.max(0, used - cache) };
    } catch {
      // The root group has no such files, and a container does not see the groups above its own.
      return undefined;
    }
  }
}

/** A group's directory and those of all above it. */
function upwards(root: string, path: string): string[] {
  const words = path.split("/").filter((word) => word !== "" && word !== "..");
  return Array.from({ length: words.length + 1 }, (_, i) => [root, ...words.slice(0, words.length - i)].join("/"));
}
