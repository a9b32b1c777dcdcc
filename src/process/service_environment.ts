/** The first descriptor that a service manager hands over (sd_listen_fds(3)). */
export const FIRST_DESCRIPTOR = 3;

/** Most descriptors that are believed to have been handed over. */
const MOST_DESCRIPTORS = 65_536;

/** A descriptor that a service manager opened for this program. */
export interface HandedOver {
  readonly descriptor: number;
  /** What the service manager calls it: for systemd `FileDescriptorName=`, or else the name of the socket unit. */
  readonly name: string | undefined;
}

/** What a service manager such as systemd tells a program when it starts it. */
export interface ServiceEnvironment {
  /** Where it wants to be told about the program (sd_notify(3)). */
  readonly notifySocket: string | undefined;
  /** It wants a sign of life at least this often, in milliseconds (sd_watchdog_enabled(3)). */
  readonly watchdog: number | undefined;
  /** Descriptors it opened for the program (sd_listen_fds(3)). */
  readonly handedOver: readonly HandedOver[];
}

const VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

/**
 * Reads what the service manager told this process, and removes it from the environment, so that no child process takes
 * it as meant for itself.
 *
 * @param parent a process whose environment this one continues, as a background process does
 */
export function takeServiceEnvironment(parent?: number): ServiceEnvironment {
  const variables = new Map<string, string>();
  for (const variable of VARIABLES) {
    // Queried first, so that Deno does not prompt.
    if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") continue;
    const value = Deno.env.get(variable);
    if (value === undefined) continue;
    variables.set(variable, value);
    Deno.env.delete(variable);
  }
  return readServiceEnvironment((name) => variables.get(name), parent === undefined ? [Deno.pid] : [Deno.pid, parent]);
}

/** The same from other variables. @param own ids of the processes that count as this one */
export function readServiceEnvironment(
  get: (name: string) => string | undefined,
  own: readonly number[],
): ServiceEnvironment {
  const isOwn = (pid: string | undefined) => own.some((id) => String(id) === pid);
  const watchdogPid = get("WATCHDOG_PID");
  const watchdog = watchdogPid === undefined || isOwn(watchdogPid) ? number(get("WATCHDOG_USEC")) : undefined;
  const count = isOwn(get("LISTEN_PID")) ? Math.min(number(get("LISTEN_FDS")) ?? 0, MOST_DESCRIPTORS) : 0;
  const names = get("LISTEN_FDNAMES")?.split(":") ?? [];
  return {
    notifySocket: get("NOTIFY_SOCKET") || undefined,
    watchdog: watchdog === undefined || watchdog === 0 ? undefined : watchdog / 1000,
    handedOver: Array.from({ length: count }, (_, i) => ({
      descriptor: FIRST_DESCRIPTOR + i,
      // "unknown" is what systemd writes where it has no name.
      name: names[i] === undefined || names[i] === "" || names[i] === "unknown" ? undefined : names[i],
    })),
  };
}

/** The part of it that a successor needs, as environment variables: descriptors go to it in another way. */
export function environmentForSuccessor({ notifySocket, watchdog }: ServiceEnvironment): Record<string, string> {
  return {
    ...notifySocket === undefined ? {} : { NOTIFY_SOCKET: notifySocket },
    // Without WATCHDOG_PID, it counts for whoever reads it.
    ...watchdog === undefined ? {} : { WATCHDOG_USEC: String(watchdog * 1000) },
  };
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
