/** A directory for control sockets, or anything else, that is removed with everything in it. */
export interface ControlDirectory extends Disposable {
  readonly path: string;
}

/** Makes an empty directory that only its owner can enter. */
export function temporaryDirectory(): ControlDirectory {
  // The temporary directory's own name can be too long for the path of a Unix socket (108 bytes).
  const path = Deno.makeTempDirSync({ prefix: "balance-", dir: Deno.build.os === "windows" ? undefined : "/tmp" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
