const SYMBOLS = { malloc_trim: { parameters: ["usize"], result: "i32" } } as const;

/**
 * Gives back to the system at once what this process does not use. The runtime collects garbage when its own limits come
 * near, and knows nothing of a control group's; glibc keeps freed memory for the next need (malloc_trim(3)). Each half is
 * without effect where it is not to be had. Never rejects.
 */
export async function releaseMemory(): Promise<void> {
  collect ??= garbageCollector();
  (await collect)();
  trim();
}

let collect: Promise<() => void> | undefined;

async function garbageCollector(): Promise<() => void> {
  try {
    // Loaded only when memory is short: the two modules are no small part of a start.
    const [v8, vm] = await Promise.all([import("node:v8"), import("node:vm")]);
    v8.setFlagsFromString("--expose-gc");
    return vm.runInNewContext("gc") as () => void;
  } catch {
    return () => {};
  }
}

function trim(): void {
  // Asked first, so that nobody is prompted.
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    const libc = Deno.dlopen("", SYMBOLS);
    libc.symbols.malloc_trim(0n);
    libc.close();
  } catch {
    // musl has no such call, and keeps less.
  }
}
