import { C } from "../../src/engine/linux/kernel/abi.ts";
import { openLibc } from "../../src/engine/linux/kernel/libc.ts";
import { RawSocket } from "./raw_socket.ts";

/** The descriptors that each epoll instance of this process watches, by the instance's own descriptor. */
export function pollers(): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) !== "anon_inode:[eventpoll]") continue;
      const watched = Deno.readTextFileSync(`/proc/self/fdinfo/${name}`).matchAll(/^tfd:\s*(\d+)/gm);
      found.set(Number(name), [...watched].map(([, fd]) => Number(fd)));
    } catch {
      // Closed meanwhile, as the descriptor that listed the directory.
    }
  }
  return found;
}

/** This process's epoll instances that watch a socket listening on the port. */
export function watchers(port: number): number[] {
  return [...pollers()].filter(([, watched]) => watched.some((fd) => listensOn(fd, port))).map(([poller]) => poller);
}

/** Puts a file that is no epoll instance in the place of one, as a bug would. */
export function breakPoller(fd: number): void {
  const libc = openLibc();
  const other = libc.call.eventfd(0, C.EFD_CLOEXEC);
  libc.call.dup3(other, fd, C.O_CLOEXEC);
  libc.call.close(other);
  libc.close();
}

function listensOn(fd: number, port: number): boolean {
  try {
    return new RawSocket(fd).option(C.SOL_SOCKET, C.SO_ACCEPTCONN) === 1 && new RawSocket(fd).port === port;
  } catch {
    return false;
  }
}
