/** Which of the descriptors that the program was started with a background process keeps. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { within } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { endProcess } from "../support/instance.ts";
import { lookAt, processesWith } from "../support/processes.ts";
import { program, run } from "../support/program.ts";
import { linux, testWith } from "../support/requirements.ts";
import type { Refusal } from "../support/system_call_filter.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const ENOSYS = 38;

/** Runs a shell script with `$DIR` that starts an instance by `"$@"`; the descriptors of that, by what they lead to. */
async function started(script: string, before: readonly string[] = []): Promise<{ text: string; files: string[] }> {
  using directory = temporaryDirectory();
  const words = [...program, "--log-file", "/dev/null", "-b", "127.0.0.1", "--control-dir", directory.path];
  const shell = new Deno.Command("sh", {
    args: ["-c", script, "sh", ...before, ...words, String(freePort()), "127.0.0.1:1"],
    env: { DIR: directory.path, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    // Ends once nobody holds its standard output.
    const { success, stdout, stderr } = await within(30, "wait for the end of the shell", shell.output());
    assert.ok(success, new TextDecoder().decode(stderr));
    const { pid } = JSON.parse((await run(["-c", "show json", "--control-dir", directory.path])).stdout);
    const files = lookAt(pid).descriptors.filter((target) => target.startsWith(directory.path))
      .map((target) => target.slice(directory.path.length + 1));
    return { text: new TextDecoder().decode(stdout), files };
  } finally {
    for (const pid of processesWith(directory.path)) await endProcess(pid);
  }
}

testWith([linux], "a pipe or a lock of the caller does not stay open in the background", async () => {
  assert.deepEqual(await started('exec 3>&1 7>"$DIR/lock" 9>"$DIR/high"; "$@" && echo "done"'), {
    text: "done\n",
    files: [],
  });
  assert.equal((await started('exec 3>&1; x=$("$@"; echo end); echo "$x"')).text, "end\n");
});

testWith([linux], "a pipe or a lock of the caller does not stay open where the system has no close_range", async () => {
  const refusals: Refusal[] = [{ call: "close_range", errno: ENOSYS }];
  const refused = fileURLToPath(new URL("../support/run_refused.ts", import.meta.url));
  const before = [Deno.execPath(), "run", "-A", refused, JSON.stringify(refusals), "exec"];
  const { files } = await started('exec 3>&1 7>"$DIR/lock" 8>"$DIR/other"; "$@"', before);
  assert.deepEqual(files, []);
});

testWith([linux], "descriptors that a service manager gave to another process are not kept", async () => {
  const open = 'exec 3>"$DIR/socket" 4>"$DIR/other"; export LISTEN_FDS=1';
  assert.deepEqual((await started(`${open} LISTEN_PID=1; exec "$@"`)).files, []);
});
