import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const root = new URL("../../", import.meta.url);

/** A module, as `deno info` tells of it. */
export interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { specifier?: string };
    readonly type?: { specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Every module that a file imports, directly or not. */
export async function modulesOf(entry: string): Promise<Module[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fileURLToPath(new URL(entry, root))],
    stderr: "inherit",
  }).output();
  assert.ok(success, `deno info ${entry}`);
  return (JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] }).modules;
}

/** A module's path from the root of the project. */
export const path = (specifier: string): string => specifier.slice(root.href.length);
