/// <reference lib="deno.worker" />
import type { EngineEvent } from "../../engine.ts";
import { openLibc } from "../kernel/libc.ts";
import type { ThreadMessage, ThreadSetup } from "../shared/messages.ts";
import { blockSignals } from "../kernel/signals.ts";
import { SharedState } from "../shared/shared_state.ts";
import { usesIntake } from "../../asks_clients.ts";
import { Thread } from "./thread.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/** How many events may be on their way to main: traces, which may be a flood, and on top of them everything else. */
const MOST_TRACES = 4096, MOST_EVENTS = 2 * MOST_TRACES;

function mostOf({ type }: EngineEvent): number {
  return type === "trace" ? MOST_TRACES : MOST_EVENTS;
}

/** Serves until the engine stops. Blocks the thread, so no second message is ever received. */
async function serve(setup: ThreadSetup): Promise<void> {
  const state = SharedState.attach(setup.state, setup.wakes.length);
  const post = (message: ThreadMessage) => {
    if (message.type === "event" && !state.maySend(setup.thread, mostOf(message.event))) return;
    scope.postMessage(message);
  };
  try {
    const libc = openLibc();
    blockSignals(libc);
    const { strategyModules: files } = setup;
    const strategies = files && await (await import("./thread_strategies.ts")).threadStrategies(files, post);
    const asked = setup.services.some(({ settings }) => usesIntake(settings));
    const thread = new Thread(libc, setup, post, strategies, asked ? await import("../arrival/intake.ts") : undefined);
    post({ type: "ready" });
    for (thread.run(); thread.wantsIntake || thread.wantsPreludes; thread.run()) {
      if (thread.wantsIntake) thread.equip(await import("../arrival/intake.ts"));
      if (thread.wantsPreludes) thread.introduce(await import("../dialing/preludes.ts"));
    }
    thread.close();
    libc.close();
    post({ type: "ended" });
  } catch (error) {
    // Reported by a message, because an uncaught error would also be printed, bypassing the log.
    post({ type: "failed", reason: (error as Error).message });
  }
  scope.close();
}

// Importing this file on the main thread does nothing. `import.meta.main` is true in both.
if ("DedicatedWorkerGlobalScope" in globalThis) {
  scope.onmessage = ({ data }: MessageEvent<ThreadSetup>) => void serve(data);
}
