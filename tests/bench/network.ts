const SETTING = "/proc/sys/net/ipv4/tcp_congestion_control";

/** The congestion control that connections begin with here, such as cubic, reno or bbr (tcp(7)). */
export function congestionControl(): string {
  return Deno.readTextFileSync(SETTING).trim();
}

/** Ends when the run in its own network has ended. @returns its exit code */
export type Elsewhere = (words: readonly string[]) => Promise<number>;

/**
 * A network namespace with nothing but a loopback interface, and the given congestion control; undefined where that is
 * impossible (it needs root, unshare(1) and ip(8)).
 */
export async function ownNetwork(congestion: string): Promise<Elsewhere | undefined> {
  const inside = ["--net", "sh", "-c", 'ip link set lo up && echo "$0" > ' + SETTING + ' && exec "$@"', congestion];
  const start = (words: readonly string[], streams: "inherit" | "null") =>
    new Deno.Command("unshare", { args: [...inside, ...words], stdin: "null", stdout: streams, stderr: streams })
      .spawn();
  try {
    if (!(await start(["true"], "null").status).success) return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return async (words) => {
    const child = start(words, "inherit");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => child.kill(signal));
    }
    return (await child.status).code;
  };
}
