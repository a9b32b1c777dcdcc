/** Scenarios that need a network of their own run in a process of their own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { namespaces, root } from "../support/requirements.ts";

/** What an isolated scenario needs. */
export const isolation = [root, namespaces("-n", "-m")];

/** Begins the line that carries the figures. */
export const MARK = "figures: ";

/** Runs one scenario of a module in new network and mount namespaces, which end with it. */
export async function isolated(module: string, fault: string, subject: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-n", "-m", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
      .concat([
        Deno.execPath(),
        "run",
        "-A",
        fileURLToPath(new URL("./run_isolated.ts", import.meta.url)),
        module,
        fault,
        subject,
      ]),
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const line = text.split("\n").find((line) => line.startsWith(MARK));
  assert.ok(success && line, text + new TextDecoder().decode(stderr));
  return JSON.parse(line.slice(MARK.length));
}
