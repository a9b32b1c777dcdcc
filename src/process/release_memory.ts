const SYMBOLS = { malloc_trim: { parameters: ["usize"], result: "i32" } } as const;

/**
 * Returns unused memory to the system at once. The runtime collects garbage near its own limits and knows nothing of a
 * control group's; glibc keeps freed memory for later (malloc_trim(3)). Whichever of the two is unavailable is skipped.
 * Never rejects.
 */
export async function releaseMemory(): Promise<void> {
  collect ??= garbageCollector();
  (await collect)();
  trim();
}

let collect: Promise<() => void> | undefined;

async function garbageCollector(): Promise<() => void> {
  try {
    // Loaded only when memory is short: the two modules take a noticeable part of the start-up time.
    const [v8, vm] = await Promise.all([import("node:v8"), import("node:vm")]);
    v8.setFlagsFromString("--expose-gc");
    return vm.runInNewContext("gc") as () => void;
  } catch {
    return () => {};
  }
}

function trim(): void {
  // Queried first, so that Deno does not prompt.
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    const libc = Deno.dlopen("", SYMBOLS);
    libc.symbols.malloc_trim(0n);
    libc.close();
  } catch {
    // musl has no such call, and keeps less.
  }
}
