/** `ioctl` request that sets close-on-exec, on Linux; it takes no third argument. */
export const FIOCLEX = 0x5451n;

/** The one that clears it. */
const FIONCLEX = 0x5450n;

/**
 * Lets programs that are started during `act` inherit these descriptors, under the same numbers. Programs started later
 * do not get them. For Linux.
 *
 * @throws {Error} when one of them is not open; `act` is not called then
 */
export function whileInheritable<T>(descriptors: readonly number[], act: () => T): T {
  const library = Deno.dlopen("", { ioctl: { parameters: ["i32", "usize"], result: "i32" } });
  const { ioctl } = library.symbols, cleared: number[] = [];
  try {
    for (const descriptor of descriptors) {
      if (ioctl(descriptor, FIONCLEX) < 0) throw new Error(`Cannot hand over descriptor ${descriptor}: it is not open`);
      cleared.push(descriptor);
    }
    return act();
  } finally {
    for (const descriptor of cleared) ioctl(descriptor, FIOCLEX);
    library.close();
  }
}

/** Closes a descriptor that this process has inherited and does not need. For Linux. */
export function closeDescriptor(descriptor: number): void {
  const library = Deno.dlopen("", { close: { parameters: ["i32"], result: "i32" } });
  library.symbols.close(descriptor);
  library.close();
}
