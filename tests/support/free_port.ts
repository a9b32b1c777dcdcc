/** Below the ephemeral port range, so that no back end or client gets such a port meanwhile. */
const FIRST = 10_000, COUNT = 22_000;

/** A port that nobody listens on at this moment. It is random, so that parallel tests get different ones. */
export function freePort(): number {
  return freePorts(1);
}

/** The first of so many neighbouring ports that nobody listens on at this moment. */
export function freePorts(count: number): number {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (COUNT - count + 1));
    try {
      for (let port = first; port < first + count; port++) Deno.listen({ hostname: "0.0.0.0", port }).close();
      return first;
    } catch {
      // One is taken; draw again.
    }
  }
}
