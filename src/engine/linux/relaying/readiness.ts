import { C } from "../kernel/abi.ts";
import { IS } from "../thread/connections.ts";

/** A socket's flags after events that the kernel has reported. */
export function afterEvents(flags: number, mask: number): number {
  // The kernel looks for an urgent byte before it looks for bytes, and one that arrives in between causes EPOLLIN
  // without EPOLLPRI (tcp_poll). That takes an extra event for bytes already read, which urgent bytes bring with
  // them; so a socket that has sent one is asked before each read.
  if (mask & C.EPOLLIN) flags |= flags & IS.HAS_BEEN_URGENT ? IS.READABLE : IS.READABLE | IS.FRESH;
  if (mask & C.EPOLLOUT) flags |= IS.WRITABLE;
  if (mask & (C.EPOLLPRI | C.EPOLLRDHUP | C.EPOLLHUP | C.EPOLLERR)) {
    if (mask & C.EPOLLPRI) flags = (flags | IS.URGENT | IS.HAS_BEEN_URGENT) & ~IS.FRESH;
    if (mask & (C.EPOLLRDHUP | C.EPOLLHUP)) flags |= IS.READABLE | IS.HUNG_UP;
    if (mask & C.EPOLLERR) flags |= IS.READABLE | IS.BROKEN;
  }
  return flags;
}
