/** Below the ephemeral port range, so that no back end or client gets such a port meanwhile. */
const FIRST = 10_000, COUNT = 22_000;

/** A port that nobody listens on at this moment. It is random, so that parallel tests get different ones. */
export function freePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    try {
      Deno.listen({ hostname: "0.0.0.0", port }).close();
      return port;
    } catch {
      // Taken; draw again.
    }
  }
}
