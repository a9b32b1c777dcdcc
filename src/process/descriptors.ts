/** Highest number of open files of this process, `undefined` where the system does not tell. */
export function descriptorLimit(): number | undefined {
  if (!mayRead("/proc/self/limits")) return undefined;
  try {
    const match = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** How many files this process has open, `undefined` where the system does not tell. */
export function openDescriptors(): number | undefined {
  if (!mayRead("/proc/self/fd")) return undefined;
  try {
    // One of them belongs to the listing itself.
    return Array.from(Deno.readDirSync("/proc/self/fd")).length - 1;
  } catch {
    return undefined;
  }
}

/**
 * The same without looking at each of them, which takes a long time if there are many; undefined with a kernel before
 * 6.2, which does not tell.
 */
export function countDescriptors(): number | undefined {
  if (!mayRead("/proc/self/fd")) return undefined;
  try {
    return Deno.statSync("/proc/self/fd").size || undefined;
  } catch {
    return undefined;
  }
}

/** What one of this process's descriptors refers to; undefined when it is not open. For Linux. */
export function targetOf(descriptor: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

/** Queried first, so that Deno does not prompt. */
function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
