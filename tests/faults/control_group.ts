/** A control group of a test's own, whose memory can be limited. */
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

  /** Bytes used now, without file pages that nobody has used lately. */
  get used(): number {
    const cache = /^(?:total_)?inactive_file (\d+)$/m;
    const stat = Deno.readTextFileSync(`${this.#path}/memory.stat`).replace(/^inactive_file .*\n(?=[^]*^total_)/m, "");
    return Number(Deno.readTextFileSync(`${this.#path}/${controller!.used}`)) - Number(cache.exec(stat)?.[1] ?? 0);
  }

  /** Sets another limit, in bytes. */
  limit(bytes: number): void {
    Deno.writeTextFileSync(`${this.#path}/${controller!.limit}`, String(bytes));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#path);
  }
}
