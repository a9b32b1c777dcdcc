/** Signals that a program may be started to ignore, with their numbers on Linux and macOS. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2 } as const;

/** A signal that may have been ignored from the start. */
export type IgnorableSignal = keyof typeof NUMBERS;

/** SIG_IGN (signal(7)), and more bytes than any `struct sigaction` has; the handler comes first in it. */
const SIG_IGN = 1n, SIGACTION = 256;

/**
 * Whether this program was started with a signal ignored, as nohup(1) does with SIGHUP, and a shell with SIGINT for `&`
 * in a script. Call it before listening to the signal. False where the system does not tell.
 */
export function isIgnored(signal: IgnorableSignal): boolean {
  if (Deno.build.os === "windows") return false;
  return ignoredByLibc(NUMBERS[signal]) ?? ignoredByProc(NUMBERS[signal]) ?? false;
}

/** What sigaction(2) says; undefined where libc cannot be called. */
export function ignoredByLibc(number: number): boolean | undefined {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  try {
    const library = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "", {
      sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
    });
    const action = new Uint8Array(SIGACTION), told = library.symbols.sigaction(number, null, action) === 0;
    library.close();
    return told ? new DataView(action.buffer).getBigUint64(0, true) === SIG_IGN : undefined;
  } catch {
    return undefined;
  }
}

/** What proc(5) says; undefined where there is none, or it may not be read. */
export function ignoredByProc(number: number): boolean | undefined {
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "read", path: "/proc/self/status" }).state !== "granted") return undefined;
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return mask === undefined ? undefined : (BigInt(`0x${mask}`) >> BigInt(number - 1) & 1n) === 1n;
  } catch {
    return undefined;
  }
}
