import { C } from "../../src/engine/linux/abi.ts";
import { openLibc } from "../../src/engine/linux/libc.ts";
import { RawSocket } from "./raw_socket.ts";

/** This process's epoll instances that watch a socket listening on the port. */
export function watchers(port: number): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) !== "anon_inode:[eventpoll]") continue;
      const watched = Deno.readTextFileSync(`/proc/self/fdinfo/${name}`).matchAll(/tfd:\s*(\d+)/g);
      if ([...watched].some(([, fd]) => listensOn(Number(fd), port))) found.push(Number(name));
    } catch {
      // The descriptor that listed the directory.
    }
  }
  return found;
}

/** Puts a file that is no epoll instance in the place of one, as a bug would. */
export function breakPoller(fd: number): void {
  const libc = openLibc();
  const other = libc.call.eventfd(0, C.EFD_CLOEXEC);
  libc.call.dup3(other, fd, C.O_CLOEXEC);
  libc.call.close(other);
  libc.close();
}

/** How many descriptors this process has. */
export function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

function listensOn(fd: number, port: number): boolean {
  try {
    return new RawSocket(fd).option(C.SOL_SOCKET, C.SO_ACCEPTCONN) === 1 && new RawSocket(fd).port === port;
  } catch {
    return false;
  }
}
