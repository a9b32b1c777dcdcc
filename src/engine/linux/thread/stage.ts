import type { EndNumber } from "../../../table/records/ends.ts";

/**
 * What a watched descriptor is there for, in its row's STAGE. A connection's two sockets have a stage each:
 *
 *     client    (GREETING →) CONNECTING ⇄ WAITING → CLIENT ─┐    (GREETING → PARTING)
 *     channel                ANSWERING → CHANNEL ───────────┴→ CLOSING, if the other side was reset
 */
export const STAGE = {
  /** Not watched. */
  NONE: 0,
  /** The eventfd by which main wakes the thread. */
  WAKE: 1,
  /** A listening socket. */
  LISTENING: 2,
  /** A client whose channel is being connected. */
  CONNECTING: 3,
  /** A client that waits before it looks for a channel again. */
  WAITING: 4,
  /** A channel's socket from which an answer is expected. */
  ANSWERING: 5,
  /** The client's side of a connection over which bytes are relayed. */
  CLIENT: 6,
  /** The channel's side of it. */
  CHANNEL: 7,
  /** Its peer was reset; it will be reset as well once its send queue is empty. */
  CLOSING: 8,
  /** A client that has to say something before it is decided what becomes of it. */
  GREETING: 9,
  /** A client that is not served and has been told why; it is closed once it has read that. */
  PARTING: 10,
} as const;

/** What a thread does with a descriptor in some stage. By the time a method returns, the descriptor may be closed. */
export interface Stage {
  /** The kernel has reported events (epoll_ctl(2)). */
  happened(fd: number, mask: number): void;
  /** It is the turn of a descriptor that had more to do, or must be looked at again. */
  resumed(fd: number): void;
  /** The descriptor's deadline has passed. */
  expired(fd: number): void;
  /** It is to be closed, for a reason: ends what the descriptor stands for, if no other descriptor does. */
  closed(fd: number, end: EndNumber): void;
}
