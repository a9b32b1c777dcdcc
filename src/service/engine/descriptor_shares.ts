import type { DescriptorShares } from "../../engine/engine.ts";
import type { EngineName } from "../../options/engine_name.ts";
import { MOST_DESCRIPTORS } from "../../engine/linux/kernel/descriptor_limit.ts";
import { LANDING } from "../../engine/linux/arrival/door.ts";
import { pipesFor } from "../../engine/linux/relaying/pipe_pool.ts";
import { PAIR } from "../../engine/portable/reactor.ts";
import { descriptorLimit, openDescriptors } from "../../process/descriptors.ts";

/** Descriptors to assume where the limit cannot be read (macOS and Windows allow at least as many). */
const ASSUMED = 10_240;

/**
 * Descriptors of the program itself, as measured plus two: standard streams, runtime, listening and control socket,
 * the log, and Deno's caches (nine when run from source).
 */
const PROGRAM = 28;

/** How many of them are opened after the shares are computed: both sockets, the log, the operators' reserve. */
const TO_COME = 5;

/** Listening sockets that are among them. */
const LISTENING = 1;

/**
 * Descriptors of a thread: seven for its runtime and epoll instance, an eventfd, and those that warn it when they run
 * out.
 */
const THREAD = 8 + LANDING;

/** What is kept for operators, look-ups, checks and the log: a share of the limit, enough for at least 8 sessions. */
const SPARE = { part: 1 / 32, least: 8, most: 256 };

/**
 * Shares out the descriptors of this process.
 *
 * @param limit highest number of open files
 * @param open files open before the engine starts, including inherited ones
 * @param sockets listening sockets
 */
export function descriptorShares(
  engine: EngineName,
  threads: number,
  limit = descriptorLimit() ?? ASSUMED,
  open = openDescriptors() ?? 0,
  sockets = LISTENING,
): DescriptorShares {
  const linux = engine === "linux", usable = linux ? Math.min(limit, MOST_DESCRIPTORS) : limit;
  const more = Math.max(0, sockets - LISTENING);
  const own = Math.max(PROGRAM, open + TO_COME) + more + (linux ? threads * THREAD : PAIR);
  const pipes = linux ? pipesFor(usable, 1) * 2 : 0;
  const wanted = Math.min(SPARE.most, Math.max(SPARE.least, Math.floor(usable * SPARE.part)));
  // When hardly any are left, connections get half of them.
  const spare = Math.min(wanted, Math.max(0, Math.floor((usable - own) / 2)));
  return { connections: Math.max(1, Math.floor((usable - own - pipes - spare) / 2)), spare, sockets: LISTENING + more };
}
