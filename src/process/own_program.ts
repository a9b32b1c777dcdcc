import { fileURLToPath } from "node:url";

const PERMISSIONS = ["run", "read", "write", "net", "env", "sys", "ffi"] as const;

/** The arguments with which the executable of this program starts it again, from source or compiled. */
export function argumentsOfItself(args: readonly string[]): string[] {
  const self = Deno.build.standalone ? [] : ["run", "-A", "--no-prompt", "--quiet", fileURLToPath(Deno.mainModule)];
  return [...self, ...args];
}

/**
 * A permission that this process would add by starting itself; undefined if there is none. From source, the new process
 * gets all permissions, because a program cannot tell which ones it was given in part.
 */
export function missingPermission(): string | undefined {
  if (Deno.build.standalone) return undefined;
  return PERMISSIONS.find((name) => Deno.permissions.querySync({ name }).state !== "granted");
}

/** How a child ended, as the end of a sentence. */
export function howItEnded({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `with code ${code}` : `by ${signal}`;
}
