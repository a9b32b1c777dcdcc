/** Milliseconds that Deno may take to open it. */
const PATIENCE = 1_000;

/**
 * Closes the inspector that `deno run` opens on 127.0.0.1:9229 at every SIGUSR1, from version 2.9.2 on: whoever connects
 * there can run code in this process, and every user of the machine could. To be called when the signal comes. Nothing
 * keeps it shut in the first place: the signal opens it beside all listeners.
 */
export async function closeInspector(): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    const { url, close } = await import("node:inspector");
    for (const end = performance.now() + PATIENCE; performance.now() < end;) {
      if (url() !== undefined) return close();
      await new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, 1)));
    }
  } catch {
    // Earlier versions can do neither.
  }
}
