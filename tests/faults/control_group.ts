/** Control groups of a test's own, whose memory can be limited, and the look of one. */
import { temporaryDirectory } from "../support/temporary_directory.ts";

const V1 = "/sys/fs/cgroup/memory", V2 = "/sys/fs/cgroup";

/** Directory and file names of the version that has the memory controller here; undefined where neither can be used. */
const controller = (() => {
  for (
    const { root, limit, used } of [
      { root: V1, limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes" },
      { root: V2, limit: "memory.max", used: "memory.current" },
    ]
  ) {
    const trial = `${root}/balance-trial-${Deno.pid}`;
    try {
      Deno.mkdirSync(trial);
    } catch {
      continue;
    }
    try {
      // Version 2 gives a group only the controllers that the one above it passes on (cgroups(7)).
      if (root === V2) Deno.writeTextFileSync(`${root}/cgroup.subtree_control`, "+memory");
      Deno.writeTextFileSync(`${trial}/${limit}`, String(2 ** 30));
      return { root, limit, used };
    } catch {
      // The controller is not given to this group.
    } finally {
      Deno.removeSync(trial);
    }
  }
  return undefined;
})();

/** Whether the memory of a group can be limited here. */
export const hasMemoryGroups = controller !== undefined;

/** A group with a memory limit. Remove it when what ran in it has ended. */
export class MemoryGroup implements Disposable {
  readonly #path: string;

  /** @param limit bytes, to begin with */
  constructor(limit: number) {
    this.#path = `${controller!.root}/balance-faults-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
    Deno.mkdirSync(this.#path);
    this.limit(limit);
  }

  /** Words that start a program in the group. */
  get before(): string[] {
    return ["sh", "-c", `echo $$ > ${this.#path}/cgroup.procs && exec "$@"`, "sh"];
  }

  /** Bytes used now, without the pages of files. */
  get used(): number {
    const stat = Deno.readTextFileSync(`${this.#path}/memory.stat`), prefix = /^total_/m.test(stat) ? "total_" : "";
    let used = Number(Deno.readTextFileSync(`${this.#path}/${controller!.used}`));
    for (const name of ["inactive_file", "active_file"]) {
      used -= Number(new RegExp(`^${prefix}${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
    }
    return used;
  }

  /** Sets another limit, in bytes. */
  limit(bytes: number): void {
    Deno.writeTextFileSync(`${this.#path}/${controller!.limit}`, String(bytes));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#path);
  }
}

/**
 * What a program in a group of version 2 sees of it: the same files, with what the test writes. For machines whose memory
 * controller belongs to version 1, as it can belong to one of them only.
 */
export class PicturedGroup implements Disposable {
  readonly #directory = temporaryDirectory();
  readonly #group = `${this.#directory.path}/service`;

  /** @param limit bytes */
  constructor(limit: number) {
    Deno.mkdirSync(this.#group);
    Deno.writeTextFileSync(`${this.#directory.path}/cgroup`, "0::/service\n");
    Deno.writeTextFileSync(`${this.#group}/memory.max`, `${limit}\n`);
    this.use(0, 0);
  }

  /** Words that start a program which sees the group, in a mount namespace of its own. */
  get before(): string[] {
    const mounts = 'mount --bind "$0" /sys/fs/cgroup && mount --bind "$0/cgroup" /proc/$$/cgroup && exec "$@"';
    return ["unshare", "-m", "sh", "-c", mounts, this.#directory.path];
  }

  /** Sets what is used, in bytes, and how much of that the kernel can give back: pages of files, half of them in use. */
  use(current: number, cache: number): void {
    // First, so that no reader sees more used than there is.
    const half = cache / 2, stat = `active_anon 1\ninactive_file ${half}\nactive_file ${half}\n`;
    Deno.writeTextFileSync(`${this.#group}/memory.stat.new`, stat);
    Deno.renameSync(`${this.#group}/memory.stat.new`, `${this.#group}/memory.stat`);
    Deno.writeTextFileSync(`${this.#group}/memory.current.new`, `${current}\n`);
    Deno.renameSync(`${this.#group}/memory.current.new`, `${this.#group}/memory.current`);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}
