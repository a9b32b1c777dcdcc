import { escape } from "../log/escape.ts";
import { type HttpPlace, placeText } from "../options/kinds/http_place.ts";

/** Ports below this need rights, unless the system says otherwise (ip(7)). */
const PRIVILEGED = 1024;

/**
 * Why this process, which has become another user, could not open a place that it has; undefined if it could. After it
 * has been closed, that would be too late to find out.
 */
export function reopenFault(place: HttpPlace): string | undefined {
  const fault = "path" in place ? directoryFault(place.path) : portFault(place.port);
  return fault && `${escape(placeText(place))} was opened by the first user, and ${fault}`;
}

function portFault(port: number): string | undefined {
  return port < firstFreePort() ? `this one may not open port ${port}` : undefined;
}

function firstFreePort(): number {
  try {
    return Number(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
  } catch {
    return PRIVILEGED;
  }
}

/** Removing the socket and making it again takes the right to write in its directory. */
function directoryFault(path: string): string | undefined {
  const fault = "this one may not replace it";
  const directory = path.slice(0, path.lastIndexOf("/")) || "/";
  try {
    const { mode, uid } = Deno.statSync(directory), own = Deno.lstatSync(path).uid === Deno.uid();
    // In a sticky directory, only its owner and that of a file remove it (unlink(2)).
    if (mode !== null && (mode & 0o1000) !== 0 && uid !== Deno.uid() && !own) return fault;
    Deno.removeSync(Deno.makeTempFileSync({ dir: directory }));
    return undefined;
  } catch {
    return fault;
  }
}
