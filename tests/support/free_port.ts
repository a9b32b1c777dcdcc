/** Below the ephemeral port range, so that no back end or client gets such a port meanwhile. */
const FIRST = 10_000, BLOCKS = 14, BLOCK = 1_500;

/**
 * The first of this process's ports, or of this thread's if tests run in parallel. It stays open: that claims the
 * others, so that tests that run at the same time draw from different ones.
 */
const claimed = claim();

/** The next one to look at, counted from `claimed`. */
let next = 1 + Math.floor(Math.random() * (BLOCK - 1));

/** A port that nobody listens on at this moment, and that no other test gets meanwhile. */
export function freePort(): number {
  return freePorts(1);
}

/** The first of so many neighbouring ports that nobody listens on at this moment. @throws {Error} when there are none */
export function freePorts(count: number): number {
  for (let tries = 0; tries < BLOCK; tries++) {
    if (next + count > BLOCK) next = 1;
    const first = claimed + next;
    // Lists of ports name neighbours as a range, which is for the tests that ask for neighbours.
    next += count + 1;
    try {
      for (let port = first; port < first + count; port++) Deno.listen({ hostname: "0.0.0.0", port }).close();
      return first;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no ${count} free ports from ${claimed} on`);
}

/**
 * Keeps the first port of a block that nobody else keeps. If all are kept, it shares one; without permission to listen,
 * nobody will draw ports.
 */
function claim(): number {
  const some = Math.floor(Math.random() * BLOCKS), portOf = (i: number) => FIRST + (some + i) % BLOCKS * BLOCK;
  for (let i = 0; i < BLOCKS; i++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port: portOf(i) });
      return portOf(i);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) break;
    }
  }
  return portOf(0);
}
