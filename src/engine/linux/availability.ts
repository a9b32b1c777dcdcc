import type { EngineSettings } from "../engine.ts";
import { C, epollEventLayout } from "./abi.ts";
import { type Libc, openLibc } from "./libc.ts";

/**
 * Why this engine cannot run here, as the end of a sentence that starts with `the linux engine cannot run:`; undefined
 * when it can. Opens libc for a moment. Never throws.
 *
 * @param settings when given, whether it can run with these
 */
export function linuxUnavailable(settings?: Pick<EngineSettings, "strategies">): string | undefined {
  if (Deno.build.os !== "linux") return `this is ${Deno.build.os}`;
  if (epollEventLayout(Deno.build.arch) === undefined) return `the processor is ${Deno.build.arch}`;
  if (settings?.strategies !== undefined) return "strategies of one's own cannot be sent to its threads";
  let libc: Libc;
  try {
    // Asked first, so that nobody is prompted.
    if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return "there is no permission, --allow-ffi";
    libc = openLibc();
  } catch (error) {
    return `libc cannot be opened: ${(error as Error).message}`;
  }
  try {
    return refusal(libc, "epoll", libc.call.epoll_create1(C.EPOLL_CLOEXEC)) ??
      refusal(libc, "eventfd", libc.call.eventfd(0, C.EFD_NONBLOCK | C.EFD_CLOEXEC));
  } finally {
    libc.close();
  }
}

function refusal(libc: Libc, what: string, fd: number): string | undefined {
  const errno = libc.errno[0];
  if (fd < 0) return `${what} is refused: ${libc.describe(errno)}`;
  libc.call.close(fd);
  return undefined;
}
