/// <reference lib="deno.worker" />
import { openLibc } from "./libc.ts";
import type { ThreadMessage, ThreadSetup } from "./messages.ts";
import { blockSignals } from "./signals.ts";
import { Thread } from "./thread.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/** Serves until the engine stops. Blocks the thread, so no second message is ever received. */
function serve(setup: ThreadSetup): void {
  const post = (message: ThreadMessage) => scope.postMessage(message);
  try {
    const libc = openLibc();
    blockSignals(libc);
    const thread = new Thread(libc, setup, post);
    post({ type: "ready" });
    thread.run();
    thread.close();
    libc.close();
    post({ type: "ended" });
  } catch (error) {
    // Said by a message, because an uncaught error would also be printed, past the log.
    post({ type: "failed", reason: (error as Error).message });
  }
  scope.close();
}

// Importing this file on the main thread does nothing. `import.meta.main` is true in both.
if ("DedicatedWorkerGlobalScope" in globalThis) {
  scope.onmessage = ({ data }: MessageEvent<ThreadSetup>) => serve(data);
}
